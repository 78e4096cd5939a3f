/**
 * In: a checkout, however fresh. Out: dependencies installed and everything built, or nothing to do in a few milliseconds.
 * Called by: minsheng.mjs and run.mjs. Runs on whatever Node ≥ 20 the machine has; everything after it runs on the pinned one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const windows = process.platform === 'win32';
/** The Node that the project pins as a package. */
export const node = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
const PNPM = 'pnpm@12.21.0';
const PACKAGES = ['server/contracts', 'crawlers', 'server', 'web'];

export function prepare() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`需要 Node 20 或更新的版本，现在是 ${process.version}。`);
  }
  const lock = hashOf([join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml')]);
  if (!existsSync(node) || read('install') !== lock) {
    step('安装依赖（首次约一分钟）');
    run('npx', ['-y', PNPM, 'install', '--frozen-lockfile', '--prefer-offline', '--prod=false']);
    if (!hasNodejieba()) buildNodejieba();
    write('install', lock);
  }
  const sources = newest();
  if (read('build') !== sources) {
    step('编译服务端');
    for (const folder of PACKAGES.slice(0, 3)) {
      const local = createRequire(join(root, folder, 'package.json'));
      run(node, [join(dirname(local.resolve('typescript/package.json')), 'bin/tsc'), '-b', join(root, folder)]);
    }
    step('编译网页');
    const vite = createRequire(join(root, 'web/package.json')).resolve('vite/package.json');
    run(node, [join(dirname(vite), 'bin/vite.js'), 'build', '--logLevel', 'warn'], join(root, 'web'));
    write('build', sources);
  }
}

/** Where the machine has no Node headers, the pinned Node's own are used; where there is no compiler, the prebuilt binding serves. */
function buildNodejieba() {
  const packages = join(root, 'node_modules', 'node', 'node_modules');
  const headers = existsSync(packages)
    ? readdirSync(packages).find((name) => existsSync(join(packages, name, 'include', 'node')))
    : undefined;
  if (headers === undefined) return;
  step('用随附的 Node 头文件重新编译 nodejieba');
  const env = { ...process.env, npm_config_nodedir: join(packages, headers) };
  spawnSync('npx', ['-y', PNPM, 'install', '--frozen-lockfile', '--prefer-offline', '--force'], {
    cwd: root,
    stdio: 'ignore',
    shell: windows,
    env,
  });
  if (!hasNodejieba()) step('nodejieba 未能编译，将使用预编译的 @node-rs/jieba（词典相同，不影响使用）');
}

function hasNodejieba() {
  const require = createRequire(join(root, 'server', 'package.json'));
  try {
    return existsSync(join(dirname(require.resolve('nodejieba/package.json')), 'build', 'Release', 'nodejieba.node'));
  } catch {
    return false;
  }
}

function newest() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort())
        if (!['node_modules', 'dist', 'models', '.vite'].includes(name)) visit(join(path, name));
    } else hash.update(`${path}\0${stat.size}\0${Math.floor(stat.mtimeMs)}\n`);
  };
  for (const folder of [
    'server/contracts/src',
    'crawlers/src',
    'server/src',
    'web/src',
    'web/index.html',
    'web/vite.config.ts',
    'tsconfig.base.json',
  ]) {
    visit(join(root, folder));
  }
  hash.update(read('install') ?? '');
  const built = [
    'server/dist/main.js',
    'web/dist/index.html',
    'crawlers/dist/index.js',
    'server/contracts/dist/index.js',
  ];
  if (built.some((file) => !existsSync(join(root, file)))) hash.update('missing');
  return hash.digest('hex');
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest('hex');
}

const stamp = (name) => join(root, 'node_modules', '.minsheng', name);

function read(name) {
  return existsSync(stamp(name)) ? readFileSync(stamp(name), 'utf8') : undefined;
}

function write(name, value) {
  mkdirSync(dirname(stamp(name)), { recursive: true });
  // What was built changes what `newest` sees when something was missing before.
  writeFileSync(stamp(name), name === 'build' ? newest() : value);
}

function run(command, args, cwd = root) {
  // Whoever starts us (a test runner, say) may have set another; pages are always built as they are served.
  const env = { ...process.env, NODE_ENV: 'production' };
  const done = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 2], shell: windows && command === 'npx' });
  if (done.status !== 0)
    fail(
      `这一步没有完成：${command === 'npx' ? 'npx ' : ''}${args.join(' ')}。请看上面的提示；改正后重新运行会从这一步继续。`,
    );
}

export function step(text) {
  process.stderr.write(`· ${text}\n`);
}

export function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
