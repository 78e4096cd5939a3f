/**
 * In: a size. Out: a directory on a file system of that size, in memory, gone after the test; and a way to fill it to the last byte.
 * Used by: tests of full disks. Mounting needs root, as CI is. Whoever is not root is told loudly what is not covered; a run that names its engines, as
 * CI does, fails.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether tests of full disks can run here: `it.runIf(SMALL_DISKS)`. */
export const SMALL_DISKS = canMount();

function canMount(): boolean {
  if (process.platform === 'linux' && process.getuid?.() === 0) return true;
  const why = '磁盘写满的检验要挂载一个小磁盘，需要在 Linux 上以 root 运行';
  if ((process.env['ENGINES'] ?? '') !== '') throw new Error(why);
  console.error(`\n!!! 本次测试不覆盖磁盘写满：${why}。\n`);
  return false;
}

export interface SmallDisk {
  path: string;
  /** So that no more than this many bytes are left; with none, nothing more can be written. */
  fill(left?: number): void;
  /** What `fill` took is given back. */
  free(): void;
}

export function smallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'minsheng-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', path]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true, force: true });
  });
  const ballast = join(path, 'ballast');
  const free = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    fill: (left = 0) => {
      const file = openSync(ballast, 'a');
      const block = Buffer.alloc(64 * 1024);
      try {
        while (free() > left) writeSync(file, block);
      } catch {
        // Full, which is what was wanted.
      } finally {
        closeSync(file);
      }
      if (free() > left) throw new Error('the disk is not full');
    },
    free: () => rmSync(ballast),
  };
}
