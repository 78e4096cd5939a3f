/**
 * In: a directory for its data. Out: a real Elasticsearch server on a free loopback port, stopped on request or with its starter.
 * Called by: tests and benches of the Elasticsearch engine; by hand: `node server/scripts/elasticsearch.ts [--version V] [--port N] [--data DIR] [--heap MB]`.
 *
 * The official server and its HTTP module are published as Java libraries. Maven fetches them once (43 MB) with whatever repository it is
 * configured for; they are laid out as the distribution is and kept under node_modules/.cache.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
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

/** The two series that the product supports, each by the newest version that was published when this was written. */
export const VERSIONS = { 8: '8.19.5', 9: '9.5.3' } as const;
const JAVA_NEEDED = { 8: 17, 9: 21 } as const;
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/elasticsearch/', import.meta.url));
const NODE = fileURLToPath(new URL('ElasticsearchNode.java', import.meta.url));
const JDKS = '/usr/lib/jvm';
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
  /** Otherwise ELASTICSEARCH_TEST_VERSION's, otherwise 8.x. */
  version?: string;
}

/** @throws Error in zh-CN when Java or Maven is missing or the server does not come up. */
export async function startElasticsearch(options: StartOptions = {}): Promise<ElasticsearchServer> {
  const version = options.version ?? process.env['ELASTICSEARCH_TEST_VERSION'] ?? VERSIONS[8];
  const jdk = javaFor(version);
  const home = await assembled(version, jdk);
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
  const child = spawn(tool(jdk, 'java'), [...flags, ...Object.entries(settings).map(([k, v]) => `${k}=${v}`)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const note = (said: Buffer) => {
    try {
      appendFileSync(join(dataDir, 'logs', 'server.log'), said);
    } catch {
      // A full disk takes the log as well. What the server says must be read all the same, or it waits for its reader and answers nobody.
    }
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const url = `http://127.0.0.1:${String(port)}`;
  const end = async (how: () => void) => {
    how();
    await gone;
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
    version,
    port,
    pid: child.pid ?? 0,
    dataDir,
    stop: () => end(() => child.kill('SIGTERM')),
    kill: () => end(() => child.kill('SIGKILL')),
  };
}

/** The server's directory, assembled when it is not there yet; two processes that assemble at once do not meet. */
async function assembled(version: string, jdk: string | null): Promise<string> {
  const home = join(CACHE, version);
  if (existsSync(home)) return home;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, 'assemble-'));
  try {
    const lib = join(work, 'lib');
    const http = join(work, 'modules', 'transport-netty4');
    for (const directory of [lib, http, join(work, 'config'), join(work, 'plugins')])
      mkdirSync(directory, { recursive: true });
    writeFileSync(join(work, 'pom.xml'), pom(version));
    await command('mvn', ['-B', '-q', '-f', join(work, 'pom.xml'), COPY, `-DoutputDirectory=${lib}`]);
    for (const jar of readdirSync(lib).filter((name) => name.includes('netty')))
      renameSync(join(lib, jar), join(http, jar));
    // What the distribution lays beside the module's library lies inside it.
    await command(tool(jdk, 'jar'), ['xf', join(http, `transport-netty4-${version}.jar`), 'META-INF/es-plugins'], work);
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

function pom(version: string): string {
  const dependency = (group: string, artifact: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>minsheng</groupId><artifactId>elasticsearch</artifactId><version>1</version><dependencies>
${dependency('org.elasticsearch', 'elasticsearch')}
${dependency('org.elasticsearch.plugin', 'transport-netty4')}
</dependencies></project>
`;
}

/**
 * A JDK that is new enough for this version: JAVA_HOME's, the one on the PATH (null), or one that is installed beside it.
 * @throws Error in zh-CN when there is none.
 */
export function javaFor(version: string): string | null {
  const needed = version.startsWith('9.') ? JAVA_NEEDED[9] : JAVA_NEEDED[8];
  const named = process.env['JAVA_HOME'];
  const beside = existsSync(JDKS) ? readdirSync(JDKS).map((name) => join(JDKS, name)) : [];
  for (const jdk of [...(named === undefined || named === '' ? [] : [named]), null, ...beside]) {
    if (majorOf(jdk) >= needed) return jdk;
  }
  throw new Error(
    `本机没有 Java ${String(needed)} 或更新的 JDK，无法运行 Elasticsearch ${version}。` +
      `请安装一个（例如 apt-get install default-jdk-headless），或用 JAVA_HOME 指明。`,
  );
}

/** Of a JDK's `javac`, since a mere runtime cannot start a source file; 0 when there is none. */
function majorOf(jdk: string | null): number {
  const { stdout } = spawnSync(tool(jdk, 'javac'), ['-version'], { encoding: 'utf8' });
  return Number(/^javac (\d+)/u.exec(stdout ?? '')?.[1] ?? 0);
}

function tool(jdk: string | null, name: string): string {
  return jdk === null ? name : join(jdk, 'bin', name);
}

async function command(file: string, args: string[], cwd?: string): Promise<void> {
  try {
    await run(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new Error(
      missing
        ? `没有找到 ${file}。测试用的 Elasticsearch 需要 JDK 与 Maven：apt-get install default-jdk-headless maven。`
        : `未能取得 Elasticsearch：${file} ${args.join(' ')}`,
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
    options: {
      version: { type: 'string' },
      port: { type: 'string' },
      data: { type: 'string' },
      heap: { type: 'string' },
    },
  });
  const server = await startElasticsearch({
    ...(values.version === undefined ? {} : { version: values.version }),
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
