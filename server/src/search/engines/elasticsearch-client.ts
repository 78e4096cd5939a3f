/**
 * In: addresses and credentials. Out: a client of a server whose version is known to work, and the server's failures as sentences.
 * Used by: elasticsearch.ts and its indexer.
 */
import { Client, errors } from '@elastic/elasticsearch';
import { readFileSync } from 'node:fs';
import type { ElasticsearchConfig } from '../../platform/config.ts';
import { fileError, UserError } from '../../platform/errors.ts';

/** This client speaks the protocol of 8.x, which servers of 8.x and 9.x understand. */
const MAJORS: readonly number[] = [8, 9];

export const DEFAULTS: ElasticsearchConfig = {
  apiKey: undefined,
  username: undefined,
  password: undefined,
  ca: undefined,
  index: 'minsheng-posts',
  shards: 1,
};

export function openClient(url: string, config: ElasticsearchConfig): Client {
  const nodes = url.split(',').map((node) => node.trim());
  for (const node of nodes) {
    if (!URL.canParse(node))
      throw new UserError('invalid-input', `ELASTICSEARCH_URL 中的地址“${node}”无法识别。`, {
        todo: '请写成 http://主机:9200，多个节点用逗号分隔。',
      });
  }
  return new Client({
    nodes,
    requestTimeout: 30_000,
    // Each node is tried, and one of them twice; whoever waits for an answer is told soon, and the indexer has a patience of its own.
    maxRetries: nodes.length,
    ...authOf(config),
    ...(config.ca === undefined ? {} : { tls: { ca: certificate(config.ca) } }),
  });
}

function authOf({ apiKey, username, password }: ElasticsearchConfig) {
  if (apiKey !== undefined) return { auth: { apiKey } };
  return username === undefined ? {} : { auth: { username, password: password ?? '' } };
}

function certificate(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error) ?? error;
  }
}

/** @throws UserError when the server answers and is none that this program can use. */
export async function checkVersion(client: Client): Promise<string> {
  const { nodes } = await client.nodes.info({ metric: 'process', filter_path: 'nodes.*.version' });
  const versions = Object.values(nodes).map((node) => node.version);
  const unfit = versions.find((version) => !MAJORS.includes(Number.parseInt(version, 10)));
  if (unfit !== undefined)
    throw new UserError('unavailable', `Elasticsearch 的版本是 ${unfit}，本程序支持 8.x 与 9.x。`, {
      kept: '数据没有改动。',
      todo: '请升级 Elasticsearch，或去掉 ELASTICSEARCH_URL 使用内置检索。',
    });
  return versions[0] ?? '';
}

/** Why Elasticsearch did not do it, in zh-CN. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  if (error instanceof errors.ProductNotSupportedError) return '该地址上的不是 Elasticsearch';
  if (error instanceof errors.TimeoutError) return '没有按时应答';
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError)
    return /certificate|self.signed|tls|ssl/iu.test(error.message) ? `证书未通过校验（${error.message}）` : '连接不上';
  if (error instanceof errors.ResponseError) {
    const body = error.body as { error?: { type?: string; reason?: string } | string } | undefined;
    const detail = typeof body?.error === 'object' ? body.error : undefined;
    return refusalOf(error.statusCode ?? 0, detail?.type ?? '', detail?.reason ?? '');
  }
  return error instanceof Error ? error.message : String(error);
}

/** What the server says of a disk, and of shards and masters that are lost, whatever it was that lost them. */
const NO_SPACE = /no space left/iu;
const NO_SHARD =
  /unavailable_shards_exception|no_shard_available_action_exception|search_phase_execution_exception.*all shards failed/iu;
const NO_MASTER = /master_not_discovered_exception|cluster_block_exception.*no master/iu;

const DISK_FULL = '索引所在的磁盘已满，请清理或扩容；有空间后会自动补上';

/** A node that cannot write its disk cannot be master, and says no more than that there is none. */
const NO_MASTER_NOW = '集群没有主节点，多因节点的磁盘已满或无法写入，请查看各节点的磁盘与日志；恢复后会自动补上';

/** Says that something is lost and not why: no news when the why is known already. */
export function isVague(reason: string): boolean {
  return /^(?:没有按时应答|索引有分片无法使用|集群没有主节点|正忙)/u.test(reason);
}

/** Shards that the cluster has given up after some attempts, and whether it could be asked to try again. */
export function shardsGivenUp(details: readonly string[], asked: boolean): string {
  const why = details.some((text) => NO_SPACE.test(text))
    ? DISK_FULL
    : `索引有 ${String(details.length)} 个分片无法使用`;
  return asked
    ? why
    : `${why}。集群已不再自行尝试，而本程序的账号无权要求重试：请管理员对集群执行 POST /_cluster/reroute?retry_failed=true`;
}

/** One refusal of the server or of one document of a bulk. */
export function refusalOf(status: number, type: string, reason: string): string {
  if (status === 401) return '认证失败，请核对 ELASTICSEARCH_API_KEY 或用户名密码';
  if (type === 'security_exception') return `权限不足（${reason}）`;
  if (NO_SPACE.test(reason)) return DISK_FULL;
  if (NO_SHARD.test(`${type} ${reason}`)) return '索引有分片无法使用';
  if (NO_MASTER.test(`${type} ${reason}`)) return NO_MASTER_NOW;
  if (type === 'cluster_block_exception')
    return /disk|flood|read-only/iu.test(reason)
      ? '磁盘超过水位，索引已转为只读，请清理或扩容；有空间后会自动补上'
      : `索引被禁止写入（${reason}）`;
  if (status === 429) return '正忙，稍后重试';
  return `${type === '' ? `状态 ${String(status)}` : type}${reason === '' ? '' : `：${reason}`}`;
}

export function unavailable(error: unknown): UserError {
  return notAnswered(reasonOf(error), error);
}

export function partial(shards: number): UserError {
  return notAnswered(`索引有 ${String(shards)} 个分片无法使用，结果会不全`);
}

function notAnswered(why: string, cause?: unknown): UserError {
  return new UserError('unavailable', `检索服务（Elasticsearch）暂时不可用：${why}。`, {
    kept: '采集与入库照常进行，恢复后索引会自动补上。',
    todo: '请稍后重试；持续出现时请管理员查看“采集状态”。',
    cause,
  });
}
