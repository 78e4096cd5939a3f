/** A grown office goes into a file and comes out of it, on either database. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { gunzipSync, gzipSync } from 'node:zlib';
import { backup, restore } from '../src/archive/backup.ts';
import { Database } from '../src/platform/database/database.ts';
import { Secrets } from '../src/platform/secrets.ts';
import { ON_POSTGRES } from './database.ts';
import { configOf, grow, POSTS, sums } from './office.ts';

describe('backup', () => {
  it('comes back whole, on the same database and on the other one, with the key only by its passphrase', async () => {
    const config = await configOf();
    const opened = await grow(config);
    const { db, secrets } = opened.core;
    const file = join(config.dataDir, 'office.backup');
    // Somebody goes on writing meanwhile: the file is of one moment, and the office does not wait.
    const writing = opened.settings.set('during', 1);
    const report = await backup(db, secrets, file, 'correct horse battery');
    await writing;
    expect(report.tables).toMatchObject({ posts: POSTS, users: 3, sources: 1 });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(gunzipSync(readFileSync(file)).includes(readFileSync(join(config.dataDir, 'secret.key')))).toBe(false);
    await db.write((tx) => tx.run(`DELETE FROM settings WHERE key = 'during'`));
    const before = await sums(db, ['settings', 'sessions']);
    await opened.close();

    for (const onPostgres of ON_POSTGRES ? [true, false] : [false]) {
      const other = await configOf(onPostgres);
      await expect(restore(other, file, 'wrong passphrase!')).rejects.toThrow('备份口令不正确');
      await expect(restore(other, file, null)).rejects.toThrow('secret.key');
      rmSync(join(other.dataDir, 'secret.key'));
      expect((await restore(other, file, 'correct horse battery')).rows).toBe(report.rows);
      const again = await Database.open(other);
      expect(await sums(again, ['settings', 'sessions'])).toEqual(before);
      const [source] = await again.all<{ credentials: string }>('SELECT credentials FROM sources');
      expect(Secrets.open(other.dataDir).open('source-credentials', source?.credentials ?? '')).toContain('geheim');
      await again.write((tx) => tx.run(`INSERT INTO post_edits (post_id, at, text) VALUES (1, 2, '新')`));
      await again.close();
      await expect(restore(other, file, null)).rejects.toThrow('已有数据');
    }
  });

  it('is refused when a part of it is missing or changed, before anything is touched', async () => {
    const config = await configOf();
    const opened = await grow(config);
    const file = join(config.dataDir, 'office.backup');
    await backup(opened.core.db, opened.core.secrets, file, null);
    await opened.close();
    const whole = readFileSync(file);
    const text = gunzipSync(whole).toString();
    const spoiled: Record<string, Buffer> = {
      half: whole.subarray(0, whole.length / 2),
      'a row fewer': gzipSync(text.replace(/\n\["[^\n]+(?=\n)/u, '')),
      'a letter changed': gzipSync(text.replace('望江路', '望河路')),
      'no end': gzipSync(text.trimEnd().split('\n').slice(0, -1).join('\n')),
      'not ours': gzipSync('{"x":1}\n'),
      'not gzip': Buffer.from('PGDMP'),
    };
    const other = { ...(await configOf(false)) };
    writeFileSync(join(other.dataDir, 'secret.key'), readFileSync(join(config.dataDir, 'secret.key')));
    for (const [what, bytes] of Object.entries(spoiled)) {
      const bad = join(other.dataDir, 'bad.backup');
      writeFileSync(bad, bytes);
      const refused = await restore(other, bad, null).then(
        () => 'restored',
        (error: unknown) => String(error),
      );
      expect([what, refused]).toEqual([what, expect.stringContaining('没有恢复任何内容')]);
      expect(existsSync(join(other.dataDir, 'minsheng.sqlite'))).toBe(false);
    }
  });
});
