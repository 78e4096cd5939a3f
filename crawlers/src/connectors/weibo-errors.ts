/**
 * In: a numeric error code of Weibo's Open Platform. Out: a connector error whose kind decides what happens and whose words say what to do.
 * Called by: weibo-open-api.ts. Source: open.weibo.com/wiki/Error_code.
 */
import { Blocked, ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';

const HOUR_SECONDS = 3600;

/** What an error code asks for. `bug`: our request does not fit the platform's rules. `text`: the text of a reply is not accepted. */
type Meaning = 'busy' | 'login' | 'gone' | 'permission' | 'config' | 'bug' | 'text';

const MEANINGS: Record<Meaning, readonly number[]> = {
  busy: [10001, 10002, 10003, 10009, 10010, 10011, 21331],
  login: [...Array.from({ length: 18 }, (_, i) => 21301 + i), 21319, 20033, 21325, 21327, 21330, 21332],
  gone: [20003, 20101, 20112, 20120, 20201],
  permission: [10005, 10014, 20102, 20203, 20206, 20207, 21321, 21337],
  config: [10004, 10006, 10013, 21322, 21324, 21326, 21338],
  bug: [
    10007, 10008, 10012, 10016, 10017, 10018, 10020, 10021, 10025, 20001, 20002, 20109, 20204, 20501, 20502, 21323,
    21328, 21329,
  ],
  text: [20005, 20006, 20008, 20012, 20013, 20017, 20019, 20049, 20103, 20111],
};

/** Codes whose remedy is their own; the others share the sentence of their meaning. */
const SENTENCES: Record<number, string> = {
  10004: '微博限制了本服务器的 IP（10004）。请在开放平台的应用设置中核对服务器 IP。',
  10006: '请求没有带上应用标识（10006）。请核对 App Key，并重新授权。',
  10013: '平台不认识这个微博账号（10013）。请核对账号 UID。',
  20003: '这个微博账号不存在（20003），可能已注销。请从采集源中去掉它。',
  20008: '答复内容为空（20008），没有发出。',
  20012: '答复超过 140 字（20012），没有发出。请缩短后再发。',
  20013: '答复过长（20013），没有发出。请缩短后再发。',
  20017: '与刚发过的内容相近（20017），平台没有发布。请先到微博核对，确需再发请改动文字。',
  20019: '与刚发过的内容相同（20019），平台没有再次发布，不要重发。请先到微博核对上一次是否已经显示。',
  20101: '这条微博已被删除（20101）。',
  20112: '作者设置了隐私，这条微博对我们不可见（20112）。',
  20120: '作者设置了隐私，这条微博不可转发或查看（20120）。',
  20201: '这条评论已被删除（20201），无法答复。',
  20203: '只能答复授权账号自己收到的评论（20203），没有发出。请改用收到评论的那个账号。',
  20206: '对方只允许其关注的人评论（20206），没有发出。请改用其他渠道联系。',
  20207: '对方只允许其信任的人评论（20207），没有发出。请改用其他渠道联系。',
  21319: '授权已被用户收回（21319），已保存到上一页。请用服务账号重新授权。',
  21321:
    '微博应用尚未通过审核，授权用户数已满，或授权被撤销（21321）。请在开放平台提交审核，或把服务账号加为测试用户后重新授权。',
  21322: '回调地址与开放平台登记的不一致（21322）。请把本系统的回调地址原样填入应用的“授权回调页”。',
  21324: 'App Key 或 App Secret 有误（21324）。请到开放平台核对后重新填写。',
  21325: '授权码已用过或已过期（21325）。请重新点击“授权”。',
  21326: '这个应用不能使用这种授权方式（21326）。请在开放平台核对应用类型。',
  21327: '微博授权已到期（21327），已保存到上一页。请用服务账号重新授权，到期前七天系统会提醒。',
  21330: '授权页上选择了拒绝（21330），没有取得授权。请用服务账号重新授权并同意。',
  21338: '应用的包名或签名校验未通过（21338）。请在开放平台核对应用信息。',
};

const SHARED: Record<Meaning, string> = {
  busy: '微博接口暂时繁忙（CODE），已保存到上一页，稍后自动重试。',
  login: '微博授权已失效（CODE），已保存到上一页。请用服务账号重新授权，或在采集源中更新 access_token。',
  gone: '这条微博、评论或这个账号已被删除或不可见（CODE）。',
  permission: '微博应用没有这个接口的权限（CODE）。请在开放平台的“接口管理”中申请相应权限。',
  config: '微博应用的配置有误（CODE）。请核对 App Key、回调地址与服务账号。',
  bug: '微博不接受这次请求的写法（CODE），这一页没有读取，已保存到上一页。可能是接口规则有变，请联系系统维护方。',
  text: '微博没有接受这段文字（CODE），没有发出。请修改后再发。',
};

const BY_CODE = new Map(
  (Object.entries(MEANINGS) as [Meaning, readonly number[]][]).flatMap(([meaning, codes]) =>
    codes.map((code) => [code, meaning] as const),
  ),
);

/** The limit of the server's address, of the authorised user, and of one endpoint (others may still be asked). */
export const LIMITS = { address: 10022, user: 10023, endpoint: 10024 };
/** Accepted, shown later: never sent again. */
export const DELAYED = 20032;

const LIMIT_SENTENCES: Record<number, string> = {
  [LIMITS.address]: '本服务器 IP 的请求额度已用完（10022），一小时后继续。如同一出口还有其他系统在用，请错开时间。',
  [LIMITS.user]: '授权用户的请求额度已用完（10023），一小时后再看。如经常出现，请放慢采集频率或向平台申请提高额度。',
  [LIMITS.endpoint]: '这一个接口的请求额度已用完（10024），一小时后继续，其他接口不受影响。',
};

/** Weibo's numeric error codes as what a person or the schedule should do. */
export function errorOf(code: number, status: number): ConnectorError {
  const details = { code, status };
  const limit = LIMIT_SENTENCES[code];
  if (limit !== undefined) return new RetryAfter(limit, HOUR_SECONDS, details);
  if (code === 20016)
    return new RetryAfter('发布过于频繁（20016），平台暂不受理，这一条没有发出。10 分钟后再试。', 600, details);
  if (code === 20031)
    return new Blocked('微博要求人工验证（验证码），已停止采集这个源。请登录服务账号完成验证后再恢复。', details);
  if (code === DELAYED)
    return new ConnectorError('config', '平台已收下，将延迟显示（20032）。不要重发，请稍后到微博核对。', details);
  const meaning = BY_CODE.get(code);
  if (meaning === undefined)
    return new LayoutChanged(`微博接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
  const words = SENTENCES[code] ?? SHARED[meaning].replace('CODE', String(code));
  switch (meaning) {
    case 'busy':
      return new RetryAfter(words, 60, details);
    case 'login':
      return new LoginNeeded(words, details);
    case 'bug':
      return new LayoutChanged(words, details);
    case 'text':
      return new ConnectorError('config', words, details);
    default:
      return new ConnectorError(meaning, words, details);
  }
}

/** What a `gone` error says of the item. */
export function goneState(error: unknown): 'deleted' | 'restricted' | null {
  if (!(error instanceof ConnectorError) || error.kind !== 'gone') return null;
  return [20112, 20120].includes(Number(error.details.code)) ? 'restricted' : 'deleted';
}
