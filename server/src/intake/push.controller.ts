/**
 * In: batches that other systems push with a source's key, and messages that platforms send to a source's hook. Out: stored posts, told per item.
 * Called by: the city's own app, the 12345 line, message boards; platforms with a message push. No session: the key or the platform's signature opens.
 */
import { PUSH_ITEMS_MAX, routes, type PushAnswer, type RouteInput } from '@minsheng/contracts';
import { ConnectorError } from '@minsheng/crawlers';
import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { Collector } from '../collect/collector.ts';
import { closeGaps, copyGaps, openGap } from '../collect/gaps.ts';
import { Clock } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { conflict, notFound, UserError } from '../platform/errors.ts';
import { Endpoint, Input } from '../platform/http/endpoint.ts';
import { Live } from '../platform/live/live.ts';
import { Pipeline } from '../pipeline.ts';
import { connectorOf } from '../sources/kinds.ts';
import { PushKeys } from '../sources/push-keys.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { readBatch } from './batch.ts';
import { refusalWords } from './refusal.ts';
import type { AcceptedItem } from './intake.ts';

/** Platforms wait five seconds; a database that is busy longer says so instead, and the platform sends again. */
const HOOK_PATIENCE_MS = 4500;
const MISSING_BATCHES_NAMED = 100;

type RawRequest = FastifyRequest & { rawBody?: Buffer };

class Repeated extends Error {
  constructor(readonly answer: PushAnswer) {
    super('answered before');
  }
}

@Controller()
export class PushController {
  constructor(
    private readonly db: Database,
    private readonly pipeline: Pipeline,
    private readonly collector: Collector,
    private readonly keys: PushKeys,
    private readonly clock: Clock,
    private readonly live: Live,
  ) {}

  @Endpoint(routes.sources.push)
  async push(
    @Input() { params }: RouteInput<typeof routes.sources.push>,
    @Req() request: RawRequest,
  ): Promise<PushAnswer> {
    const sourceId = Number(params.id);
    const key = /^Bearer (\S+)$/u.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined || !(await this.keys.opens(sourceId, key)))
      throw new UserError('login-required', '推送密钥无效，没有接收。', {
        todo: '请在请求头 Authorization: Bearer 后填写该采集源的有效密钥；密钥可由系统管理员在“采集状态”中重新生成。',
      });
    const source = await this.db.repo(SourceEntity).findOneBy({ id: sourceId });
    if (source === null) throw notFound('个采集源');
    if (source.paused === 1)
      throw conflict('这个采集源已暂停接收，本批没有保存。', '请稍后重发，或联系系统管理员恢复。');
    const name = headerOf(request, 'idempotency-key');
    if (name !== null && name.length > 200)
      throw new UserError('invalid-input', 'Idempotency-Key 超过 200 个字符，本批没有保存。');
    const sequence = sequenceOf(headerOf(request, 'batch-sequence'));
    const body = request.rawBody ?? Buffer.alloc(0);
    const bodyHash = createHash('sha256').update(body).digest('base64url');
    const before = name === null ? null : await this.receipt(sourceId, name, bodyHash);
    if (before !== null) return before;
    const { platform } = connectorOf('push').settings.parse(source.settings) as { platform: string };
    const entries = readBatch(body, String(request.headers['content-type'] ?? ''), platform);
    if (entries.length > PUSH_ITEMS_MAX)
      throw new UserError('too-large', `一批最多 ${PUSH_ITEMS_MAX} 条，本批 ${entries.length} 条，没有保存。`, {
        todo: '请分成几批推送。',
      });

    const fates = new Map<AcceptedItem, 'stored' | 'duplicate' | 'updated'>();
    const prepared = await this.pipeline.prepare({
      arrivals: entries.map(({ item }, i) => ({ at: String(i), item })),
      sourceId,
      fate: (item, fate) => fates.set(item, fate),
    });
    const refused = new Map(prepared.rejected.map((r) => [Number(r.at), refusalWords(r)]));
    for (const [i, { problem }] of entries.entries()) if (problem !== null) refused.set(i, problem);
    let answer: PushAnswer | null = null;
    prepared.batch.alongside = async (tx, report) => {
      if (name !== null) {
        const again = await receiptIn((sql, p) => tx.all(sql, p), sourceId, name, bodyHash);
        if (again !== null) throw new Repeated(again);
      }
      answer = { ...countsOf(report), repeated: false, items: itemsOf(entries, refused, prepared.accepted, fates) };
      const now = this.clock.now();
      await tx.run(
        `UPDATE sources SET posts = posts + ?, last_run_at = ?, last_success_at = ?, last_new_at = CASE WHEN ? > 0 THEN ? ELSE last_new_at END WHERE id = ?`,
        [report.stored, now, now, report.stored, now, sourceId],
      );
      if (sequence !== null) await this.noteSequence(tx, sourceId, sequence, now);
      if (name !== null)
        await tx.run('INSERT INTO push_receipts (source_id, name, body_hash, answer, at) VALUES (?, ?, ?, ?, ?)', [
          sourceId,
          name,
          bodyHash,
          JSON.stringify(answer),
          now,
        ]);
    };
    try {
      await this.pipeline.commit(prepared);
    } catch (error) {
      if (error instanceof Repeated) return error.answer;
      throw error;
    }
    this.live.tell({ type: 'source', id: params.id });
    if (answer === null) throw new Error('a committed batch without an answer');
    return answer;
  }

  private receipt(sourceId: number, name: string, bodyHash: string): Promise<PushAnswer | null> {
    return receiptIn((sql, p) => this.db.all(sql, p), sourceId, name, bodyHash);
  }

  /** Batches that say their number: the ones between are missing until they come. */
  private async noteSequence(tx: Tx, sourceId: number, sequence: number, now: number): Promise<void> {
    const [row] = await tx.all<{ position: string | null }>('SELECT position FROM sources WHERE id = ?', [sourceId]);
    const last = Number(row?.position ?? sequence - 1);
    await closeGaps(tx, sourceId, `batch:${sequence}`, '该批已收到', now);
    for (let n = last + 1; n < Math.min(sequence, last + 1 + MISSING_BATCHES_NAMED); n++)
      await openGap(
        tx,
        sourceId,
        { name: `batch:${n}`, what: `推送第 ${n} 批没有收到`, size: null, cause: 'sequence', since: now },
        now,
      );
    const unnamed = sequence - last - 1 - MISSING_BATCHES_NAMED;
    if (unnamed > 0)
      await openGap(
        tx,
        sourceId,
        {
          name: 'batches',
          what: `推送序号跳跃，另有 ${unnamed} 批没有收到`,
          size: null,
          cause: 'sequence',
          since: now,
        },
        now,
      );
    if (sequence > last)
      await tx.run('UPDATE sources SET position = ? WHERE id = ?', [JSON.stringify(sequence), sourceId]);
    await copyGaps(tx, sourceId);
  }

  @Endpoint(routes.sources.hook)
  hook(
    @Input() { params }: RouteInput<typeof routes.sources.hook>,
    @Req() request: RawRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.receive(Number(params.id), 'POST', request, reply);
  }

  @Endpoint(routes.sources.hookEcho)
  echo(
    @Input() { params }: RouteInput<typeof routes.sources.hookEcho>,
    @Req() request: RawRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.receive(Number(params.id), 'GET', request, reply);
  }

  /** Stored before answered: what the platform hears as received is in the database. */
  private async receive(
    sourceId: number,
    method: 'GET' | 'POST',
    request: RawRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const began = performance.now();
    const left = () => HOOK_PATIENCE_MS - (performance.now() - began);
    const source = await inTime(this.db.repo(SourceEntity).findOneBy({ id: sourceId }), left());
    const connector = source === null ? undefined : connectorOf(source.kind);
    if (source === null || connector?.receive === undefined) throw notFound('个接收地址');
    if (source.paused === 1) throw conflict('这个采集源已暂停接收。', '请联系系统管理员恢复。');
    let answer;
    try {
      answer = await connector.receive(
        {
          settings: connector.settings.parse(source.settings),
          credentials: connector.credentials.parse(this.collector.credentialsOf(source)),
          now: () => new Date(this.clock.now()),
        },
        {
          method,
          query: textsOf(request.query as Record<string, unknown>),
          headers: textsOf(request.headers),
          body: (request.rawBody ?? Buffer.alloc(0)).toString('utf8'),
        },
      );
    } catch (error) {
      if (error instanceof ConnectorError)
        throw new UserError('forbidden', error.message, { todo: '没有保存任何内容。' });
      throw error;
    }
    const { items, engagement, gone } = answer;
    if (items.length > 0 || (engagement?.length ?? 0) > 0 || (gone?.length ?? 0) > 0) {
      const storing = this.pipeline.accept({
        arrivals: items.map((item) => ({ at: item.id, item })),
        sourceId,
        ...(engagement === undefined ? {} : { engagement }),
        ...(gone === undefined ? {} : { gone }),
        demo: source.demo === 1,
        alongside: async (tx, { stored }) => {
          if (stored > 0)
            await tx.run('UPDATE sources SET posts = posts + ?, last_new_at = ? WHERE id = ?', [
              stored,
              this.clock.now(),
              sourceId,
            ]);
        },
      });
      await inTime(storing, left());
      this.live.tell({ type: 'source', id: String(sourceId) });
    }
    await reply.status(answer.status).header('content-type', answer.contentType).send(answer.body);
  }
}

/** What is late goes on and is stored; the platform, told "not yet", sends again, and the copy is known by its id. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UserError('unavailable', '数据库繁忙，请平台稍后重发。')), Math.max(0, ms));
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws UserError when this name was used for another batch. */
async function receiptIn(
  all: (sql: string, params: (string | number)[]) => Promise<{ body_hash?: string; answer?: string }[]>,
  sourceId: number,
  name: string,
  bodyHash: string,
): Promise<PushAnswer | null> {
  const [row] = await all('SELECT body_hash, answer FROM push_receipts WHERE source_id = ? AND name = ?', [
    sourceId,
    name,
  ]);
  if (row?.answer === undefined) return null;
  if (row.body_hash !== bodyHash)
    throw conflict(
      '这个 Idempotency-Key 已用于另一批内容，本批没有保存。',
      '每批内容请使用新的 Idempotency-Key；重发同一批时保持内容一字不差。',
    );
  return { ...(JSON.parse(row.answer) as PushAnswer), repeated: true };
}

function countsOf({ read, stored, duplicate, updated, rejected }: Omit<PushAnswer, 'items' | 'repeated'>) {
  return { read, stored, duplicate, updated, rejected };
}

function itemsOf(
  entries: ReturnType<typeof readBatch>,
  refused: ReadonlyMap<number, string>,
  accepted: readonly AcceptedItem[],
  fates: ReadonlyMap<AcceptedItem, 'stored' | 'duplicate' | 'updated'>,
): PushAnswer['items'] {
  let next = 0;
  return entries.map(({ id }, index) => {
    const reason = refused.get(index);
    if (reason !== undefined) return { index, id, result: 'rejected' as const, reason };
    // Accepted items come in the order of the batch, without the refused ones.
    const item = accepted[next++];
    return { index, id, result: (item === undefined ? undefined : fates.get(item)) ?? ('duplicate' as const) };
  });
}

function headerOf(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function sequenceOf(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{1,15}$/u.test(text))
    throw new UserError('invalid-input', 'Batch-Sequence 应为从 1 开始的整数，本批没有保存。');
  return Number(text);
}

function textsOf(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string'
        ? [[name, value]]
        : Array.isArray(value) && typeof value[0] === 'string'
          ? [[name, value[0]]]
          : [],
    ),
  );
}
