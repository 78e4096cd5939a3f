/**
 * In: a fault plan as a person types it. Out: the options of a replay server, or a sentence about what is wrong with it. Called by: `minsheng replay`.
 */
import { FAULT_KINDS, type FaultKind, type FaultOptions } from './faults.ts';

/** Of each request, where the plan names no share. */
const SHARE = 0.01;

/** zh-CN, for the help text. */
export const FAULT_WORDS: Record<FaultKind, string> = {
  'connection-reset': '应答前断开连接',
  'slow-body': '正文缓慢到达',
  'half-body': '正文未到声明的长度就断开',
  'truncated-gzip': '压缩流中途截断',
  'error-body-200': 'HTTP 200 而正文是错误',
  'login-page': 'HTTP 200 而正文是登录页',
  'empty-body': 'HTTP 200 而正文为空',
  'too-many': 'HTTP 429 与 Retry-After',
  'bad-gateway': 'HTTP 502（代理服务器出错）',
  'token-expired': '凭证过期',
  'duplicated-page': '列表前半重复出现',
  'reordered-page': '列表次序打乱',
  'clock-skew': '对方时钟走快',
  blocked: '拒绝自动访问',
  captcha: '跳转到人机验证',
  'login-redirect': '跳转到登录',
  'quota-used': '额度用完',
  'no-permission': '没有权限',
  gone: '内容已删除',
  'garbled-body': '长度无误而内容中断',
  'withheld-items': '平台计数而永不显示的评论（重试不能恢复）',
};

/**
 * `none`; or kinds separated by commas, each with its share of requests (`too-many=0.05`), or where it is to happen (`captcha@/gov/`, from the
 * nth such request on `captcha@/gov/#3`); `all=0.01` for every kind that a retry or the next run heals; `seed=7`.
 * @throws RangeError with a zh-CN sentence.
 */
export function faultsFrom(plan: string): FaultOptions {
  if (plan.trim() === 'none') return {};
  const rates: Partial<Record<FaultKind, number>> = {};
  const script: NonNullable<FaultOptions['script']> = [];
  let seed: number | undefined;
  for (const part of plan.split(',').map((p) => p.trim())) {
    const [, name = '', sign = '', value = ''] = /^([a-z0-9-]+)(?:([=@])(.+))?$/u.exec(part) ?? [];
    if (name === 'seed') {
      seed = whole(value, part);
    } else if (name === 'all' && sign !== '@') {
      for (const kind of FAULT_KINDS) if (kind !== 'withheld-items') rates[kind] = share(value, part);
    } else if (!isKind(name)) {
      throw new RangeError(`故障计划中的“${part}”无法识别。可用的种类：${FAULT_KINDS.join('、')}；或 all、none。`);
    } else if (sign === '@') {
      const [path = '', nth] = value.split('#');
      script.push({ fault: name, path, ...(nth === undefined ? {} : { nth: whole(nth, part) }) });
    } else {
      rates[name] = share(value, part);
    }
  }
  const sum = Object.values(rates).reduce((total, rate) => total + rate, 0);
  if (sum > 1) throw new RangeError(`故障计划中各种类的比例合计 ${Number(sum.toFixed(4))}，不能超过 1。`);
  return { rates, script, ...(seed === undefined ? {} : { seed }) };
}

function isKind(name: string): name is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(name);
}

function share(value: string, part: string): number {
  if (value === '') return SHARE;
  const given = Number(value);
  if (!/^\d*\.?\d+$/u.test(value) || given > 1)
    throw new RangeError(`故障计划中的“${part}”应写成 种类=比例，比例在 0 与 1 之间，如 too-many=0.05。`);
  return given;
}

function whole(value: string, part: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(value)) throw new RangeError(`故障计划中的“${part}”应带一个正整数，如 seed=7。`);
  return Number(value);
}
