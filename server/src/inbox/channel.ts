/**
 * In: platform and kind of a post. Out: the channel's name and a short title as the inbox shows them. Called by: intake, case views.
 */
const PLATFORM: Record<string, string> = {
  weibo: '微博',
  wechat: '公众号',
  site: '网站',
  douyin: '抖音',
  toutiao: '头条号',
  kuaishou: '快手',
  app: '政务客户端',
  hotline: '12345 热线',
  other: '其他渠道',
};

export function channelName(platform: string, kind: string): string {
  const name = PLATFORM[platform] ?? '其他渠道';
  if (kind === 'comment') return `${name}评论`;
  return platform === 'hotline' ? '12345 工单' : `${name}${platform === 'site' ? '来信' : '留言'}`;
}

/** What opens a comment before it says anything: whom it answers, a greeting, a call for attention. */
const OPENING =
  /^(?:回复@［用户］[:：]|请问|问一下|弱弱问一句|想?咨询一下|小编在吗|求解答|有懂的吗|有人知道吗|蹲一个回复|蹲(?=[\s，,。！!~]|$)|您好|你好|在吗|[\s，,。.；;：:！!？?~…、]|\[[^\]]{1,6}\])+/u;

/** The post's own title, or the first sentence that says something; at most 30 characters. */
export function caseTitle(post: { title: string | null; text: string }): string {
  const own = post.title?.trim() ?? '';
  if (own !== '') return shorten(own, 30);
  const text = post.text.trim();
  const said = text.replace(OPENING, '');
  const sentence = /^[^。！!？?；;~…\n]+[？?]?/u.exec(said === '' ? text : said)?.[0] ?? text;
  return shorten(sentence, 30);
}

export function shorten(text: string, max: number): string {
  const characters = [...text.replaceAll(/\s+/gu, ' ').trim()];
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`;
}
