/**
 * In: a directory for its data. Out: a real Elasticsearch server on a free loopback port, stopped on request or with its starter.
 * Called by: tests and benches of the Elasticsearch engine; by hand: `node server/scripts/elasticsearch.ts [--port N] [--data DIR] [--heap MB]`.
 *
 * The official server and its HTTP module are published as Java libraries. Maven fetches them once (43 MB) with whatever repository it is
 * configured for; they are laid out as the distribution is and kept under node_modules/.cache.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);

/** Another version needs the Java it asks for: `ELASTICSEARCH_TEST_VERSION=9.0.4 JAVA_HOME=…`. */
const VERSION = process.env['ELASTICSEARCH_TEST_VERSION'] ?? '8.19.5';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/elasticsearch/', import.meta.url));
const NODE = fileURLToPath(new URL('ElasticsearchNode.java', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

export interface ElasticsearchServer {
  url: string;
  version: string;
  port: number;
  /** The server's process, for faults and for measuring its memory. */
  pid: number;
  /** Where it keeps its indices. */
  dataDir: string;
  /** Ends it as an administrator would. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

interface StartOptions {
  /** Kept after `stop` when given; otherwise a temporary directory that is removed. */
  dataDir?: string;
  /** 0 = any free port. */
  port?: number;
  heapMB?: number;
  /** Further settings of the server, e.g. disk watermarks. */
  settings?: Record<string, string>;
}

/** @throws Error in zh-CN when Java or Maven is missing or the server does not come up. */
export async function startElasticsearch(options: StartOptions = {}): Promise<ElasticsearchServer> {
  const home = await assembled();
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'minsheng-elasticsearch-'));
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const heap = options.heapMB ?? 512;
  const settings = {
    'path.home': home,
    'path.data': join(dataDir, 'data'),
    'path.logs': join(dataDir, 'logs'),
    'cluster.name': `minsheng-${String(port)}`,
    'node.name': 'node',
    'network.host': '127.0.0.1',
    'http.port': String(port),
    'transport.port': String(await freePort()),
    'discovery.type': 'single-node',
    'action.auto_create_index': 'false',
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    ...options.settings,
  };
  const flags = [
    `-Xms${String(heap)}m`,
    `-Xmx${String(heap)}m`,
    '-XX:+UseSerialGC',
    '-Dlog4j2.disableJmx=true',
    '--module-path',
    join(home, 'lib'),
    '--add-modules=ALL-MODULE-PATH',
    NODE,
  ];
  const child = spawn(java('java'), [...flags, ...Object.entries(settings).map(([k, v]) => `${k}=${v}`)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(dataDir, 'logs', 'server.log'), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const url = `http://127.0.0.1:${String(port)}`;
  const end = async (how: () => void) => {
    how();
    await gone;
    log.end();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await ready(url, child, dataDir);
  } catch (error) {
    await end(() => child.kill('SIGKILL'));
    throw error;
  }
  return {
    url,
    version: VERSION,
    port,
    pid: child.pid ?? 0,
    dataDir,
    stop: () => end(() => child.kill('SIGTERM')),
    kill: () => end(() => child.kill('SIGKILL')),
  };
}

/** The server's directory, assembled when it is not there yet; two processes that assemble at once do not meet. */
async function assembled(): Promise<string> {
  const home = join(CACHE, VERSION);
  if (existsSync(home)) return home;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, 'assemble-'));
  try {
    const lib = join(work, 'lib');
    const http = join(work, 'modules', 'transport-netty4');
    for (const directory of [lib, http, join(work, 'config'), join(work, 'plugins')])
      mkdirSync(directory, { recursive: true });
    writeFileSync(join(work, 'pom.xml'), pom());
    await command('mvn', ['-B', '-q', '-f', join(work, 'pom.xml'), COPY, `-DoutputDirectory=${lib}`]);
    for (const jar of readdirSync(lib).filter((name) => name.includes('netty')))
      renameSync(join(lib, jar), join(http, jar));
    // What the distribution lays beside the module's library lies inside it.
    await command(java('jar'), ['xf', join(http, `transport-netty4-${VERSION}.jar`), 'META-INF/es-plugins'], work);
    cpSync(join(work, 'META-INF', 'es-plugins', 'transport-netty4'), http, { recursive: true });
    rmSync(join(work, 'META-INF'), { recursive: true });
    writeFileSync(join(work, 'config', 'log4j2.properties'), LOGGING);
    try {
      renameSync(work, home);
    } catch (error) {
      if (!existsSync(home)) throw error;
    }
    return home;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function pom(): string {
  const dependency = (group: string, artifact: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${VERSION}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>minsheng</groupId><artifactId>elasticsearch</artifactId><version>1</version><dependencies>
${dependency('org.elasticsearch', 'elasticsearch')}
${dependency('org.elasticsearch.plugin', 'transport-netty4')}
</dependencies></project>
`;
}

function java(tool: string): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? tool : join(home, 'bin', tool);
}

async function command(file: string, args: string[], cwd?: string): Promise<void> {
  try {
    await run(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new Error(
      missing
        ? `没有找到 ${file}。测试用的 Elasticsearch 需要 Java 17（JDK）与 Maven：apt-get install default-jdk-headless maven。`
        : `未能取得 Elasticsearch ${VERSION}：${file} ${args.join(' ')}`,
      { cause },
    );
  }
}

async function ready(url: string, child: ChildProcess, dataDir: string): Promise<void> {
  const until = Date.now() + 300_000;
  while (Date.now() < until) {
    if (child.exitCode !== null || child.pid === undefined) break;
    try {
      const health = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`);
      if (health.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const log = readFileSync(join(dataDir, 'logs', 'server.log'), 'utf8');
  throw new Error(`测试用的 Elasticsearch 没有启动：\n${log.slice(-2000)}`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, data: { type: 'string' }, heap: { type: 'string' } },
  });
  const server = await startElasticsearch({
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    ...(values.heap === undefined ? {} : { heapMB: Number(values.heap) }),
  });
  // One line for whoever started it; it lives until its standard input ends or a signal comes.
  process.stdout.write(
    `${JSON.stringify({ url: server.url, version: server.version, pid: server.pid, dataDir: server.dataDir })}\n`,
  );
  const end = () => void server.stop().then(() => process.exit(0));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  if (!process.stdin.isTTY) process.stdin.resume().once('end', end);
}
