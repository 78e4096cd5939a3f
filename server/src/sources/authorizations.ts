/**
 * In: a source whose platform lets a person grant access. Out: the platform's page to go to, and, when it sends the person back, credentials.
 * Called by: sources.controller. The state is good once, for ten minutes, and only in the session that asked.
 */
import { connectorOf } from './kinds.ts';
import { Injectable } from '@nestjs/common';
import { ConnectorError } from '@minsheng/crawlers';
import { createHash, randomBytes } from 'node:crypto';
import { Collector } from '../collect/collector.ts';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { conflict, UserError } from '../platform/errors.ts';
import { SourceBook } from './source-book.ts';
import { SourceEntity } from './source.entity.ts';

const VALID_MS = 10 * 60_000;

function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url');
}

@Injectable()
export class Authorizations {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly collector: Collector,
    private readonly book: SourceBook,
  ) {}

  /** @returns the platform's page. */
  async start(source: SourceEntity, sessionId: number, redirect: string): Promise<string> {
    const connector = connectorOf(source.kind);
    if (connector.authorize === undefined) throw conflict('这类采集源不需要在平台上授权。', '请在“修改”中填写凭据。');
    const state = randomBytes(24).toString('base64url');
    const url = connector.authorize.url(
      connector.settings.parse(source.settings),
      this.collector.credentialsOf(source),
      redirect,
      state,
    );
    await this.db.write(async (tx) => {
      await tx.run('DELETE FROM source_authorizations WHERE ends_at <= ?', [this.clock.now()]);
      await tx.run(
        'INSERT INTO source_authorizations (nonce, source_id, session_id, redirect, ends_at) VALUES (?, ?, ?, ?, ?)',
        [hashOf(state), source.id, sessionId, redirect, this.clock.now() + VALID_MS],
      );
    });
    return url;
  }

  /** @returns the source's id. @throws UserError when the state is not this session's, is used or too old, or the platform refuses. */
  async finish(state: string, code: string, sessionId: number): Promise<number> {
    const pending = await this.db.write(async (tx) => {
      const [row] = await tx.all<{ source_id: number; redirect: string }>(
        'SELECT source_id, redirect FROM source_authorizations WHERE nonce = ? AND session_id = ? AND ends_at > ?',
        [hashOf(state), sessionId, this.clock.now()],
      );
      if (row !== undefined) await tx.run('DELETE FROM source_authorizations WHERE nonce = ?', [hashOf(state)]);
      return row;
    });
    const source =
      pending === undefined ? null : await this.db.repo(SourceEntity).findOneBy({ id: Number(pending.source_id) });
    if (pending === undefined || source === null)
      throw new UserError('forbidden', '这次授权不是从当前登录发起的，或已超过 10 分钟，没有保存。', {
        todo: '请在“采集状态”中重新点“授权”。',
      });
    const connector = connectorOf(source.kind);
    const prepared = this.collector.prepareExchange(source);
    try {
      const credentials = await connector.authorize?.exchange(prepared.context, code, pending.redirect);
      if (credentials !== undefined)
        await this.db.write((tx) => this.book.rotate(tx, source, credentials as Record<string, unknown>));
    } catch (error) {
      if (error instanceof ConnectorError)
        throw new UserError('unavailable', `平台没有完成授权：${error.message}`, {
          todo: '原有凭据没有改动，可重新授权。',
        });
      throw error;
    } finally {
      await prepared.close();
    }
    return source.id;
  }
}
