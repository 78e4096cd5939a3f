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

/** The post's own title, or its first sentence; at most 30 characters. */
export function caseTitle(post: { title: string | null; text: string }): string {
  const own = post.title?.trim() ?? '';
  const first = own !== '' ? own : (post.text.trim().split(/(?<=[。！？!?\n])/u)[0] ?? '').trim();
  return shorten(first, 30);
}

export function shorten(text: string, max: number): string {
  const characters = [...text.replaceAll(/\s+/gu, ' ').trim()];
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`;
}
