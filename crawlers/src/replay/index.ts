/**
 * In: a corpus or the demo city. Out: loopback servers in the platforms' own shapes, and the means to break them on purpose.
 * Called by: `minsheng replay`, the demo mode of `minsheng serve`, tests and soaks.
 */
export { startReplay, DEFAULT_TOKEN, type ReplayOptions, type ReplayServer } from './start-replay.ts';
export { replayFile, type ReplayFileOptions, type ReplayFileServer } from './replay-file.ts';
export { ReplayStore, type LedgerRow, type ReplayAccount, type StoreCounts } from './store.ts';
export {
  FAULT_KINDS,
  FaultPlan,
  type FaultKind,
  type FaultOptions,
  type MadeFault,
  type ScriptedFault,
} from './faults.ts';
export { FAULT_WORDS, faultsFrom } from './fault-words.ts';
export type { RateLimitOptions } from './rate-limit.ts';
export { feedIdOf, type BridgeOptions } from './bridges.ts';
export type { GovColumn, GovOptions } from './gov-site.ts';
export { DOUYIN_APP, openIdOf as douyinOpenIdOf, type DouyinOptions } from './douyin-open.ts';
export { pushOf, type PushTarget } from './wechat-push.ts';
export type { FeedDefinition } from './feeds.ts';
export type { WeiboOptions, WeiboToken } from './weibo-open.ts';
export { DEFAULT_SUB, type WeiboWebOptions } from './weibo-web.ts';
export type { WechatOptions } from './wechat-oa.ts';
export { trialContext, trialRun, type TrialOptions, type TrialRun } from './trial-run.ts';
