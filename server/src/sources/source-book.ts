/**
 * In: a source as a form or a file describes it. Out: the source, checked and with its credentials sealed. Called by: sources.controller, `crawl`.
 */
import type { Schedule } from '@minsheng/contracts';
import { scheduleProblem } from '../collect/schedule.ts';
import type { ConnectorDefinition } from '@minsheng/crawlers';
import { Demo } from '../demo/demo.ts';
import { Clock } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { conflict, UserError } from '../platform/errors.ts';
import { neverLog, SHORTEST } from '../platform/redaction.ts';
import { Secrets } from '../platform/secrets.ts';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { openCredentials, sealCredentials } from './credentials.ts';
import { connectorOf, titleOf } from './kinds.ts';
import { SourceEntity } from './source.entity.ts';

export interface NewSource {
  kind: string;
  name: string;
  settings: Record<string, unknown>;
  credentials: Record<string, unknown>;
  schedule?: Schedule | undefined;
}

@Injectable()
export class SourceBook {
  constructor(
    private readonly db: Database,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly demo: Demo,
  ) {}

  /** The first real source ends the demo. */
  async add(source: NewSource): Promise<SourceEntity> {
    const { kind, name, credentials } = source;
    const connector = connectorOf(kind);
    const settings = this.checked(kind, source.settings, credentials, source.schedule);
    await this.demo.leaveFor('新增了真实采集源');
    return this.db.write(async (tx) => {
      const [taken] = await tx.all('SELECT 1 AS one FROM sources WHERE name = ?', [name]);
      if (taken !== undefined)
        throw new UserError('conflict', `已有名为“${name}”的采集源，没有新增。`, { todo: '请换一个名称。' });
      await tx.run(
        'INSERT INTO sources (kind, name, settings, credentials, schedule, expires_at, demo, created_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?)',
        [
          kind,
          name,
          JSON.stringify(settings),
          this.seal(credentials),
          JSON.stringify(source.schedule ?? { everySeconds: connector.defaultIntervalSeconds }),
          this.expiryOf(kind, credentials),
          this.clock.now(),
        ],
      );
      return tx.repo(SourceEntity).findOneByOrFail({ name });
    });
  }

  /** The settings with defaults; @throws UserError naming each wrong field. */
  checked(
    kind: string,
    settings: unknown,
    credentials: unknown,
    schedule: Schedule | undefined,
  ): Record<string, unknown> {
    neverLog(credentials);
    const connector = connectorOf(kind);
    const fields: Record<string, string> = {};
    const parsed = connector.settings.safeParse(settings);
    if (!parsed.success) for (const i of parsed.error.issues) fields[`settings.${i.path.join('.')}`] = i.message;
    const secret = credentials === undefined ? undefined : connector.credentials.safeParse(credentials);
    if (secret?.success === false)
      for (const i of secret.error.issues) fields[`credentials.${i.path.join('.')}`] = i.message;
    for (const name of tooShort(connector, credentials))
      fields[`credentials.${name}`] ??= `至少 ${SHORTEST} 位，太短的密钥在运行日志中无法隐去`;
    const problem = schedule === undefined ? null : scheduleProblem(schedule);
    if (problem !== null) fields['schedule'] = problem;
    if (Object.keys(fields).length > 0 || !parsed.success) {
      throw new UserError('invalid-input', '采集源填写有误，没有保存。', {
        todo: Object.entries(fields)
          .map(([k, v]) => `${titleOf(connector, k)}：${v}`)
          .join('；'),
        fields,
      });
    }
    return parsed.data as Record<string, unknown>;
  }

  /** New credentials for a source: sealed, their end noted, and the source is tried again with them at once. */
  async rotate(tx: Tx, source: Pick<SourceEntity, 'id' | 'kind'>, credentials: Record<string, unknown>): Promise<void> {
    await tx.run(
      `UPDATE sources SET credentials = ?, expires_at = ?, revision = revision + 1, failures = 0, hold_until = 0, next_run_at = ?,
         error_kind = NULL, message = NULL WHERE id = ?`,
      [this.seal(credentials), this.expiryOf(source.kind, credentials), this.clock.now(), source.id],
    );
  }

  /** What was left empty in the form is kept. The end of a token that was replaced is not that of the new one. */
  completed(source: Pick<SourceEntity, 'credentials'>, given: Record<string, unknown>): Record<string, unknown> {
    const stored = openCredentials(this.secrets, source);
    if ('accessToken' in given) delete stored['expiresAt'];
    return { ...stored, ...given };
  }

  /** What is saved, by name. A key that does not open it is told where the source runs; its row can still be read. */
  savedNames(source: Pick<SourceEntity, 'credentials'>): string[] {
    try {
      return Object.keys(openCredentials(this.secrets, source));
    } catch {
      return [];
    }
  }

  /** Forgets a credential that the source can do without: its next request goes out as if it had never been entered. */
  async clear(source: SourceEntity, name: string): Promise<void> {
    const { [name]: cleared, ...rest } = openCredentials(this.secrets, source);
    const title = titleOf(connectorOf(source.kind), `credentials.${name}`);
    if (cleared === undefined) throw conflict(`没有保存过“${title}”，没有改动。`);
    if (name === 'accessToken') delete rest['expiresAt'];
    if (!connectorOf(source.kind).credentials.safeParse(rest).success)
      throw conflict(
        `“${title}”不可缺少，没有清除。`,
        '如要更换，请直接填写新的并保存；不再采集时可暂停或删除采集源。',
      );
    await this.db.write((tx) => this.rotate(tx, source, rest));
  }

  /** When these credentials end, where they say. */
  expiryOf(kind: string, credentials: Record<string, unknown>): number | null {
    const connector = connectorOf(kind);
    const parsed = connector.credentials.safeParse(credentials);
    const at = parsed.success ? connector.expiresAt?.(parsed.data)?.getTime() : undefined;
    return at === undefined || Number.isNaN(at) ? null : at;
  }

  seal(credentials: Record<string, unknown>): string | null {
    return sealCredentials(this.secrets, credentials);
  }
}

/** Secrets that could not be taken out of a line of the log without taking words out with them. */
function tooShort({ credentials: schema }: ConnectorDefinition, credentials: unknown): string[] {
  if (typeof credentials !== 'object' || credentials === null) return [];
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(credentials).flatMap(([name, value]) => {
    const field = properties[name];
    const open = typeof field === 'object' && field['visible'] === true;
    const length = typeof value === 'string' ? value.trim().length : 0;
    return !open && length > 0 && length < SHORTEST ? [name] : [];
  });
}
