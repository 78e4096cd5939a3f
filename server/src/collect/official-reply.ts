/**
 * In: a post, what is needed to answer it, a text. Out: which account can answer, and what became of one attempt, in words.
 * Called by: the inbox, through its port ReplySender. Knows sources and credentials; decides nothing about cases.
 */
import { certainlyNotSent, ConnectorError } from '@minsheng/crawlers';
import { PostKind } from '@minsheng/contracts';
import { ReplySender, type ReplyChannel, type ReplyOutcome } from '../inbox/ports.ts';
import type { Database } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import type { Collector } from './collector.ts';
import { tell } from './outcome.ts';

const UNSURE = '没有收到平台的确认，不能确定是否已发出。请到平台核对后登记。';

export class OfficialReply extends ReplySender {
  constructor(
    private readonly db: Database,
    private readonly collector: Collector,
  ) {
    super();
  }

  async channelOf(postId: number): Promise<ReplyChannel | null> {
    const found = await this.sourceOf(postId);
    if (found === null) return null;
    const { source, kind, connector } = found;
    const { characters = null, notes } = connector.replyRules?.(kind) ?? { notes: [] };
    const named = source.settings['accountName'];
    return {
      account: typeof named === 'string' && named !== '' ? named : source.name,
      characters,
      notes,
      hindrance:
        source.paused === 1
          ? '这个采集源已暂停，不能用它的账号发送。请先恢复采集源，或在平台上发出后登记。'
          : source.demo === 1 && !this.collector.demoHere()
            ? '演示账号只在演示服务器上可用，请在平台上发出后登记。'
            : null,
    };
  }

  async send(postId: number, handle: Record<string, string>, text: string): Promise<ReplyOutcome> {
    const found = await this.sourceOf(postId);
    if (found === null) return { state: 'failed', message: '采集源已删除，没有发出。', stop: true };
    let prepared;
    try {
      prepared = this.collector.prepareExchange(found.source);
    } catch (error) {
      return { state: 'failed', message: `采集源的设置有误，没有发出。${tell(error).message}`, stop: true };
    }
    try {
      const receipt = await found.reply(prepared.context, { handle, text });
      return { state: receipt.state, id: receipt.id ?? null };
    } catch (error) {
      return outcomeOf(error);
    } finally {
      await prepared.close();
    }
  }

  private async sourceOf(postId: number) {
    const [post] = await this.db.all<{ source_id: number | null; kind: string }>(
      'SELECT source_id, kind FROM posts WHERE id = ?',
      [postId],
    );
    if (post === undefined || post.source_id === null) return null;
    const source = await this.db.repo(SourceEntity).findOneBy({ id: Number(post.source_id) });
    if (source === null) return null;
    const connector = this.collector.connectorOf(source.kind);
    if (connector.reply === undefined) return null;
    return { source, kind: PostKind.parse(post.kind), connector, reply: connector.reply.bind(connector) };
  }
}

function outcomeOf(error: unknown): ReplyOutcome {
  if (certainlyNotSent(error)) {
    const { kind, message } = error as ConnectorError;
    // One citizen's text that is gone says nothing about the next.
    const stop = kind !== 'gone';
    if (kind === 'unreachable') return { state: 'failed', message: '连接不上平台，答复没有发出，可稍后再试。', stop };
    return { state: 'failed', message, stop };
  }
  const told = error instanceof ConnectorError || error instanceof UserError ? error.message : '';
  return { state: 'unsure', message: told.includes('核对') ? told : `${told}${UNSURE}`, stop: true };
}
