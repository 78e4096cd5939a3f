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
    description: 'app 为自有客户端，hotline 为 12345 热线，site 为网站留言板，other 为其他；单条内容可另行注明',
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
  },
  '保存后即可导入文件。',
);

export const passiveKinds: readonly string[] = [push.kind, file.kind];
export const sourceKinds: readonly ConnectorDefinition[] = [...connectors, push, file];

/** Brought by somebody else; never due by schedule. */
export function isPassive(kind: string): boolean {
  return passiveKinds.includes(kind);
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
