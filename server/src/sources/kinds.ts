/**
 * In: connectors, and the two kinds that others bring to us. Out: every kind of source there is. Used by: collect, sources, intake's doors.
 */
import { Platform } from '@minsheng/contracts';
import { connectors, defineConnector, type ConnectorDefinition } from '@minsheng/crawlers';
import { z } from 'zod';
import { UserError } from '../platform/errors.ts';

const BroughtSettings = z.object({
  platform: Platform.default('app').meta({
    title: '渠道',
    description: '内容来自哪里；单条内容可另行注明',
  }),
});

/** A kind that is never asked: crawling and probing it have nothing to do. */
function brought(kind: string, manual: ConnectorDefinition['manual'], ready: string): ConnectorDefinition {
  return defineConnector({
    kind,
    platform: 'other',
    manual,
    settings: BroughtSettings,
    credentials: z.object({}),
    cursor: z.null(),
    defaultIntervalSeconds: 604_800,
    probe: () => Promise.resolve(ready),
    // eslint-disable-next-line require-yield -- nothing is fetched
    async *crawl() {
      return;
    },
  });
}

const push = brought(
  'push',
  {
    name: '接口推送（自有客户端、12345、留言板）',
    brings: '本市自有客户端、12345 热线、网站留言板等系统主动推送来的帖文、评论和来信。',
    needs: '无需向平台申请。添加后在“推送密钥”中生成密钥，交给对方系统的维护单位，由其按接口说明推送 JSON 或 NDJSON。',
    cost: '本系统不发出任何请求；对方每批最多 2,000 条。',
    cannot:
      '对方没有推送的内容，本系统无从得知：请对方带上 Batch-Sequence，漏掉的批次才会列为缺口。不能按日期补采，可请对方重推。',
  },
  '推送接口已就绪。保存后请生成推送密钥，交给对方系统。',
);

const file = brought(
  'file',
  {
    name: '文件导入（CSV / Excel / NDJSON）',
    brings: '只能手工导出的内容，例如热线月度清单、平台后台导出的留言表。',
    needs: '无需向平台申请。添加后在“导入文件”中选择文件、对应各列并预览，再确认导入。',
    cost: '本系统不发出任何请求。',
    cannot: '不会自动更新，每次须人工导入；旧版 .xls 须先另存为 .xlsx；没有正文或发布时间的行不导入。',
  },
  '保存后即可导入文件。',
);

export const passiveKinds: readonly string[] = [push.kind, file.kind];
export const sourceKinds: readonly ConnectorDefinition[] = [...connectors, push, file];

/** Brought by somebody else; never due by schedule. */
export function isPassive(kind: string): boolean {
  return passiveKinds.includes(kind);
}

/** What the form calls a field, given as `settings.uids.0`. */
export function titleOf({ settings, credentials }: ConnectorDefinition, path: string): string {
  const [group, field = ''] = path.split('.');
  if (path === 'schedule') return '多久采集一次';
  const { properties } = z.toJSONSchema(group === 'settings' ? settings : credentials, {
    io: 'input',
    unrepresentable: 'any',
  });
  const schema = properties?.[field];
  return typeof schema === 'object' && schema.title !== undefined ? schema.title : field;
}

export function connectorOf(kind: string): ConnectorDefinition {
  const connector = sourceKinds.find((c) => c.kind === kind);
  if (connector === undefined) {
    throw new UserError('invalid-input', `没有“${kind}”这种采集源。`, {
      todo: `可用的种类：${sourceKinds.map((c) => c.kind).join('、')}。`,
    });
  }
  return connector;
}
