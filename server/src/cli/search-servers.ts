/**
 * In: nothing, or ELASTICSEARCH_URL. Out: a single-node Elasticsearch to measure against, ended afterwards. Called by: the benches that compare engines.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '../platform/errors.ts';

export interface MeasuredServer {
  url: string;
  version: string;
  /** Resident memory, in MB; null when the server is not ours. */
  memoryMB(): number | null;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('../../scripts/elasticsearch.ts', import.meta.url));

/** @param heapMB what the server may use; its own default would be half of the machine */
export async function measuredServer(heapMB: number): Promise<MeasuredServer> {
  const given = process.env['ELASTICSEARCH_URL'];
  if (given !== undefined && given !== '')
    return { url: given, version: '', memoryMB: () => null, stop: () => Promise.resolve() };
  const child = spawn(process.execPath, [SCRIPT, '--heap', String(heapMB)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, version, pid } = JSON.parse(line) as { url: string; version: string; pid: number };
    return {
      url,
      version,
      memoryMB: () =>
        Math.round(
          Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024,
        ),
      stop: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }
  throw new UserError('unavailable', '测速用的 Elasticsearch 没有启动。', {
    todo: '需要 Java 17 与 Maven（apt-get install default-jdk-headless maven），或用 ELASTICSEARCH_URL 指向已有的服务。',
  });
}
