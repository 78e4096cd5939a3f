/**
 * In: enumerations of the contract. Out: their Chinese names, written once. Called by: ui, charts, features.
 */
import type {
  AlertKind,
  CaseStep,
  EventGrade,
  InboxState,
  Platform,
  PostKind,
  RiskLevel,
  Role,
  Sentiment,
  SourceHealth,
  TopicStage,
  Verdict,
} from '@minsheng/contracts';

export const PLATFORM: Record<Platform, string> = {
  weibo: '微博',
  wechat: '微信公众号',
  site: '网站',
  douyin: '抖音',
  toutiao: '今日头条',
  kuaishou: '快手',
  app: '客户端',
  hotline: '12345 热线',
  other: '其他',
};
export const KIND: Record<PostKind, string> = { post: '帖文', comment: '评论', message: '留言' };
export const SENTIMENT: Record<Sentiment, string> = {
  positive: '正面',
  neutral: '中性',
  negative: '负面',
  uncertain: '难以判断',
};
export const STAGE: Record<TopicStage, string> = {
  sprouting: '萌芽',
  rising: '上升',
  peak: '高位',
  falling: '回落',
  calm: '平息',
};
export const RISK: Record<RiskLevel, string> = { high: '高风险', medium: '中风险', low: '低风险' };
export const VERDICT: Record<Verdict, string> = {
  pending: '待核实',
  false: '不属实',
  misleading: '易误解',
  true: '属实',
  'true-after-doubt': '属实（曾被质疑）',
  unverifiable: '暂无法核实',
};
export const STEP: Record<CaseStep, string> = {
  collecting: '收集',
  consulting: '会商',
  judging: '研判',
  responding: '回应',
  reviewing: '评估',
  closed: '已结束',
};
export const GRADE: Record<EventGrade, string> = { major: '特别重大、重大（5 小时）', ordinary: '一般（48 小时）' };
export const ALERT_KIND: Record<AlertKind, string> = {
  claim: '说法',
  surge: '声量突增',
  silence: '账号停更',
  overdue: '超期',
  source: '采集',
};
export const ROLE: Record<Role, string> = {
  officer: '舆情专员',
  leader: '领导',
  staff: '回复人员',
  sysadmin: '系统管理员',
  secadmin: '安全管理员',
  auditor: '审计管理员',
};
export const HEALTH: Record<SourceHealth, string> = {
  new: '待首次采集',
  ok: '正常',
  quiet: '久无新内容',
  waiting: '等待重试',
  failing: '采集失败',
  stopped: '已停止',
  paused: '已暂停',
};
export const INBOX_STATE: Record<InboxState, string> = {
  received: '待受理',
  assigned: '已转办',
  review: '待审核',
  answered: '已答复',
  closed: '已办结',
  dismissed: '无需答复',
};

/** Names of platforms arrive as plain strings in charts; an unknown one is shown as it is. */
export function platformName(value: string): string {
  return value in PLATFORM ? PLATFORM[value as Platform] : value;
}
export function kindName(value: string): string {
  return value in KIND ? KIND[value as PostKind] : value;
}
