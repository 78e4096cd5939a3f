/**
 * In: every connector file. Out: the list of source kinds. Used by: the server (collect, sources) and the command line.
 */
import type { ConnectorDefinition } from '../connector.ts';
import { douyinOfficial } from './douyin-official.ts';
import { feed } from './feed.ts';
import { govSite } from './gov-site.ts';
import { wechatBridge } from './wechat-bridge.ts';
import { wechatOfficial } from './wechat-official.ts';
import { weiboOfficial } from './weibo-official.ts';
import { weiboWeb } from './weibo-web.ts';

export const connectors: readonly ConnectorDefinition[] = [
  weiboOfficial,
  weiboWeb,
  wechatOfficial,
  wechatBridge,
  douyinOfficial,
  feed,
  govSite,
];
