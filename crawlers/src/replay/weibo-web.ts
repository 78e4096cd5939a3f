/**
 * In: requests in the shape of Weibo's own web pages (m.weibo.cn and weibo.com). Out: their answers, login walls and refusals included, over
 * the replay store. Called by: `startReplay` for paths under /api/, /ajax/, /comments/, /statuses/, /visitor/.
 */
import { bidOf, midOf } from '../parse/weibo-id.ts';
import { intParam, json, type Answer, type Exchange } from './exchange.ts';
import { hash53 } from './seeded.ts';
import type { HeldComment, HeldPost, ReplayAccount, ReplayStore } from './store.ts';
import { publicUser } from './weibo-open.ts';
import { beijing, weiboTime } from './wire-time.ts';
import { escapeHtml } from './markup.ts';

export interface WeiboWebOptions {
  /** `SUB` values of people who are signed in. */
  signedIn?: readonly string[];
  /** Those of them whose session has ended: an HTML page with status 200. */
  ended?: readonly string[];
  /** What a visitor's cookie opens. Default: first pages of comments, and no pages behind them. */
  visitors?: 'everything' | 'first-pages' | 'nobody';
  /** More requests of one address in a minute are answered with 432 and nothing; it really counts. */
  perMinute?: number;
  /** The address is banned: 418 to everything. */
  banned?: boolean;
  /** Every answer asks for human verification. */
  captcha?: boolean;
  /** `刚刚`, `5分钟前`, `昨天 08:10`, `11-20` instead of whole dates. */
  dates?: 'absolute' | 'relative';
  /** Corpus ids of posts that stand on top of their account's page. */
  pinned?: readonly string[];
  /** An empty page of comments in the middle that still names a next one. */
  emptyCommentPage?: boolean;
  /** Long texts are shown cut and their rest is not given. */
  withholdLongText?: boolean;
  /** Answers below comments are not given. */
  withholdReplies?: boolean;
  hotWords?: readonly { word: string; num: number; ad?: boolean }[];
  /** Accounts that are persons, by name. */
  persons?: readonly string[];
}

export const DEFAULT_SUB = 'replay-weibo-sub';

const MOBILE_PAGE = 10;
const DESKTOP_PAGE = 20;
const COMMENTS = 20;
const INLINE = 2;
const TEXT_LIMIT = 140;
const XSRF = 'replay-xsrf';
/** Offsets travel inside tokens that look like the platform's. */
const TOKEN_BASE = 138_000_000_000_000;

export class WeiboWeb {
  readonly #store: ReplayStore;
  readonly #options: WeiboWebOptions;
  readonly #visitors = new Set<string>();
  readonly #perMinute = new Map<string, number>();

  constructor(store: ReplayStore, options: WeiboWebOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  /** Answers, or undefined when the path is not this platform's. */
  answer(x: Exchange): Answer | undefined {
    const home = x.path === '/' && cookiesOf(x).has('SUB');
    if (!home && !isWeiboWeb(x.path)) return undefined;
    const desktop = x.path.startsWith('/ajax/');
    const visitor = x.path.startsWith('/visitor/');
    const refused = this.#refusal(x);
    if (refused !== undefined) return refused;
    if (visitor) return this.#visitor(x);
    const wall = this.#wall(x, desktop || home);
    if (wall !== undefined) return wall;
    if (home)
      return { ...html('<html><body>微博</body></html>'), headers: { 'Set-Cookie': `XSRF-TOKEN=${XSRF}; path=/` } };
    return desktop ? this.#desktop(x) : this.#mobile(x);
  }

  // ---- refusals

  #refusal(x: Exchange): Answer | undefined {
    if (this.#options.banned === true) return { status: 418, type: 'text/html', body: '' };
    const window = `${x.ip}:${Math.floor(x.now / 60_000)}`;
    const hits = (this.#perMinute.get(window) ?? 0) + 1;
    this.#perMinute.set(window, hits);
    if (hits > (this.#options.perMinute ?? Infinity)) return { status: 432, type: 'text/html', body: '' };
    return this.#options.captcha === true
      ? json({ ok: 0, url: 'https://m.weibo.cn/captcha/show?uid=0', msg: '请完成验证' })
      : undefined;
  }

  /** Who may come in: a signed-in or visitor cookie that fits the domain, and its XSRF token sent along. */
  #wall(x: Exchange, desktop: boolean): Answer | undefined {
    const cookies = cookiesOf(x);
    const sub = cookies.get('SUB') ?? '';
    const signedIn = this.#signedIn(sub);
    if (this.#options.ended?.includes(sub) === true)
      return html('<!DOCTYPE html><html><head><title>Sina Visitor System</title></head><body></body></html>');
    if (!signedIn && !this.#visitors.has(sub)) return loginWall();
    // A PC cookie on the mobile pages is taken for a robot's.
    if (!desktop && (cookies.has('SUBP') || cookies.has('WBPSESS')))
      return { status: 432, type: 'text/html', body: '' };
    const entrance = x.path === '/' || x.path === '/api/config';
    if (!entrance && (cookies.get('XSRF-TOKEN') !== XSRF || x.headers['x-xsrf-token'] !== XSRF))
      return { status: 403, type: 'text/html', body: '<html><body>403 Forbidden</body></html>' };
    return undefined;
  }

  #signedIn(sub: string): boolean {
    return (this.#options.signedIn ?? [DEFAULT_SUB]).includes(sub);
  }

  #maySeeMore(x: Exchange): boolean {
    return this.#options.visitors === 'everything' || this.#signedIn(cookiesOf(x).get('SUB') ?? '');
  }

  #visitor(x: Exchange): Answer {
    if (x.path !== '/visitor/genvisitor2' || x.method !== 'POST') return html('<html><body>404</body></html>', 404);
    const callback = x.query.get('cb') ?? 'gen_callback';
    const jsonp = (body: object) => `window.${callback} && ${callback}(${JSON.stringify(body)});`;
    if (this.#options.visitors === 'nobody')
      return { status: 200, type: 'text/javascript', body: jsonp({ retcode: 50111261, msg: 'blocked', data: {} }) };
    const sub = `_2Avisitor${this.#visitors.size + 1}`;
    this.#visitors.add(sub);
    const data = { sub, subp: `0033${sub}`, tid: '01AQ' };
    return {
      status: 200,
      type: 'text/javascript; charset=utf-8',
      body: jsonp({ retcode: 20000000, msg: 'succ', data }),
      headers: { 'Set-Cookie': `SUB=${sub}; path=/` },
    };
  }

  // ---- m.weibo.cn

  #mobile(x: Exchange): Answer {
    switch (x.path) {
      case '/api/config': {
        const login = this.#signedIn(cookiesOf(x).get('SUB') ?? '');
        const body = json({
          ok: 1,
          data: { login, st: 'abc123', ...(login ? { uid: '1000000000' } : {}) },
          preferQuickapp: 0,
        });
        return { ...body, headers: { 'Set-Cookie': `XSRF-TOKEN=${XSRF}; path=/` } };
      }
      case '/api/container/getIndex':
        return this.#container(x);
      case '/statuses/extend': {
        const post = this.#store.status(intParam(x, 'id', 0));
        if (!this.#shown(x, post) || !this.#cut(post) || this.#options.withholdLongText === true)
          return json({ ok: 0, msg: '没有更多内容' });
        const n = this.#store.engagement(post, x.now);
        const longTextContent = markup(post.text);
        return json({
          ok: 1,
          data: {
            ok: 1,
            longTextContent,
            reposts_count: n.reposts,
            comments_count: n.comments,
            attitudes_count: n.likes,
          },
        });
      }
      case '/statuses/show': {
        const id = x.query.get('id') ?? '';
        const post = this.#store.status(Number(/^\d{9,}$/.test(id) ? id : midOf(id)));
        if (!this.#shown(x, post)) return json({ ok: 0, errno: '20101', msg: '微博不存在或暂无查看权限!' });
        return json({ ok: 1, data: this.#mblog(x, post, false) });
      }
      case '/comments/hotflow':
        return this.#hotflow(x);
      case '/comments/hotFlowChild': {
        const comment = this.#store.comment(intParam(x, 'cid', 0));
        if (!comment || this.#options.withholdReplies === true) return json({ ok: 0 });
        if (intParam(x, 'max_id', 0) !== 0 && !this.#maySeeMore(x)) return loginWall();
        const all = this.#below(x, comment);
        const { part, next } = slice(all, offsetOf(x), COMMENTS);
        const list = x.page(part.map((c) => this.#comment(x, c, false)));
        return json({
          ok: 1,
          data: list,
          rootComment: [this.#comment(x, comment, false)],
          total_number: all.length,
          max_id: next,
          max_id_type: 0,
          max: 1,
        });
      }
      default:
        return html('<html><body>404</body></html>', 404);
    }
  }

  #container(x: Exchange): Answer {
    const id = x.query.get('containerid') ?? '';
    const uid = id.slice(6);
    const account = this.#store.account('weibo', uid);
    if (id.startsWith('106003')) return this.#hotCards();
    if (id.startsWith('100505') && account !== undefined) {
      const tabs = [{ id: 2, tabKey: 'weibo', tab_type: 'weibo', title: '微博', containerid: `107603${uid}` }];
      return json({ ok: 1, data: { userInfo: this.#user(account, false), tabsInfo: { selectedTab: 1, tabs } } });
    }
    if (!id.startsWith('107603') || account === undefined)
      return json({ ok: 0, msg: '这里还没有内容', data: { cards: [] } });
    const all = this.#postsOf(x, account);
    const since = intParam(x, 'since_id', 0);
    const from = since === 0 ? all : all.filter((p) => p.mid < since);
    const part = from.slice(0, MOBILE_PAGE);
    if (part.length === 0) return json({ ok: 0, msg: '这里还没有内容', data: { cards: [] } });
    const last = part.at(-1)?.mid ?? 0;
    // A number on one page, a string on another, absent on the last.
    const token = from.length <= MOBILE_PAGE ? {} : { since_id: last % 2 === 0 ? last : String(last) };
    const top = since === 0 ? all.filter((p) => this.#options.pinned?.includes(p.rawId) === true) : [];
    const card = (p: HeldPost, pinned: boolean) => ({
      card_type: 9,
      itemid: `${id}_-_${p.mid}`,
      scheme: `https://m.weibo.cn/status/${bidOf(String(p.mid))}?mblogid=${bidOf(String(p.mid))}`,
      ...(pinned ? { profile_type_id: 'proweibotop_' } : {}),
      mblog: this.#mblog(x, p, false),
    });
    const cards = [
      ...top.map((p) => card(p, true)),
      // Something that is not a post stands between them.
      ...(since === 0 ? [{ card_type: 11, card_group: [{ card_type: 10, desc: '相关推荐' }] }] : []),
      ...x.page(part.map((p) => card(p, false))),
    ];
    return json({
      ok: 1,
      data: {
        cardlistInfo: { containerid: id, v_p: 42, show_style: 1, total: all.length, ...token },
        cards,
        showAppTips: 0,
      },
    });
  }

  #hotCards(): Answer {
    const group = (this.#options.hotWords ?? []).map(({ word, num, ad }) => ({
      desc: word,
      scheme: `https://m.weibo.cn/search?containerid=100103type=1&q=${encodeURIComponent(`#${word}#`)}`,
      ...(ad === true ? {} : { desc_extr: num % 2 === 0 ? num : `综艺 ${num}` }),
    }));
    return json({
      ok: 1,
      data: { cardlistInfo: {}, cards: [{ card_type: 11, title: '实时热点', card_group: group }] },
    });
  }

  /** Hot ones first, the rest by time; the type of the cursor changes on the way, and who does not follow it gets nothing more. */
  #hotflow(x: Exchange): Answer {
    const post = this.#store.status(intParam(x, 'id', 0));
    if (!this.#shown(x, post)) return json({ ok: 0, errno: '20101', msg: '微博不存在或暂无查看权限!' });
    const offset = offsetOf(x);
    if (offset > 0 && !this.#maySeeMore(x)) return json({ ok: 0, retcode: 6102, msg: '未登录' });
    const roots = this.#roots(x, post);
    if (roots.length === 0) return json({ ok: 0, msg: '还没有人评论哦~快来抢沙发！' });
    const hot = Math.floor(roots.length / 2);
    const byHeat = [...roots].sort((a, b) => b.likes - a.likes || b.mid - a.mid);
    const rest = byHeat.slice(hot).sort((a, b) => b.mid - a.mid);
    const type = offset >= hot && offset > 0 ? '1' : '0';
    if (offset > 0 && x.query.get('max_id_type') !== type)
      return json({ ok: 1, data: { data: [], total_number: 0, max_id: 0, max_id_type: 0, max: 1 } });
    const { part, next, end } = this.#flow([...byHeat.slice(0, hot), ...rest], offset);
    const data = {
      data: x.page(part.map((c) => this.#comment(x, c, false))),
      total_number: this.#store.engagement(post, x.now).comments,
      max_id: next,
      max_id_type: end >= hot ? 1 : 0,
      max: Math.ceil(roots.length / COMMENTS),
      status: { comment_manage_info: { comment_permission_type: -1 } },
    };
    return json({ ok: 1, data });
  }

  /** A page of a list; with `emptyCommentPage` one in the middle brings nothing and goes on. */
  #flow(list: HeldComment[], offset: number): { part: HeldComment[]; next: number; end: number } {
    const empty = this.#options.emptyCommentPage === true && offset === COMMENTS;
    const from = this.#options.emptyCommentPage === true && offset > COMMENTS ? offset - 1 : offset;
    if (empty) return { part: [], next: TOKEN_BASE + offset + 1, end: offset + 1 };
    const { part } = slice(list, from, COMMENTS);
    const end = from + part.length + (from === offset ? 0 : 1);
    return { part, next: from + part.length < list.length ? TOKEN_BASE + end : 0, end };
  }

  // ---- weibo.com

  #desktop(x: Exchange): Answer {
    switch (x.path) {
      case '/ajax/statuses/mymblog':
        return this.#mymblog(x);
      case '/ajax/statuses/longtext': {
        const post = this.#byBid(x);
        if (post === undefined || !this.#cut(post) || this.#options.withholdLongText === true)
          return json({ ok: 1, data: {} });
        return json({ ok: 1, data: { longTextContent: markup(post.text), topic_struct: [], url_struct: [] } });
      }
      case '/ajax/statuses/show': {
        const post = this.#byBid(x);
        if (post === undefined)
          return json({ ok: 0, error_type: 'toast', message: '该微博不存在', error_code: 20101 }, 400);
        return json({ ok: 1, ...this.#mblog(x, post, true) });
      }
      case '/ajax/statuses/buildComments':
        return this.#buildComments(x);
      case '/ajax/profile/info': {
        const account = this.#store.account('weibo', x.query.get('uid') ?? '');
        return account === undefined
          ? json({ ok: 0, msg: '这里还没有内容' })
          : json({ ok: 1, data: { user: this.#user(account, true) } });
      }
      case '/ajax/side/hotSearch':
      case '/ajax/statuses/hot_band': {
        const list = (this.#options.hotWords ?? []).map(({ word, num, ad }, i) => ({
          word,
          word_scheme: `#${word}#`,
          note: word,
          rank: i,
          label_name: i === 0 ? '爆' : '',
          ...(ad === true ? { is_ad: 1 } : { num, realpos: i + 1 }),
        }));
        const hotgov = { name: '#今日要闻#', word: '#今日要闻#', note: '今日要闻', icon_desc: '热', pos: 1 };
        return json(
          x.path.endsWith('hot_band')
            ? { ok: 1, data: { band_list: list, hotgov } }
            : { ok: 1, data: { realtime: list, hotgov, hotgovs: [hotgov] } },
        );
      }
      default:
        return html('<html><body>404</body></html>', 404);
    }
  }

  #mymblog(x: Exchange): Answer {
    const account = this.#store.account('weibo', x.query.get('uid') ?? '');
    if (account === undefined) return json({ ok: 0, msg: '这里还没有内容' });
    const all = this.#postsOf(x, account);
    const page = Math.max(1, intParam(x, 'page', 1) || 1);
    const since = /^(\d+)kp\d+$/.exec(x.query.get('since_id') ?? '')?.[1];
    if (page > 1 && since === undefined && !this.#maySeeMore(x)) return loginWall();
    const from = since === undefined ? all.slice((page - 1) * DESKTOP_PAGE) : all.filter((p) => p.mid < Number(since));
    const part = from.slice(0, DESKTOP_PAGE);
    const top = page === 1 ? all.filter((p) => this.#options.pinned?.includes(p.rawId) === true) : [];
    const list = [
      ...top.map((p) => ({ ...this.#mblog(x, p, true), isTop: 1 })),
      ...x.page(part.map((p) => this.#mblog(x, p, true))),
    ];
    const next = from.length > DESKTOP_PAGE ? `${part.at(-1)?.mid}kp${page + 1}` : '';
    return json({
      ok: 1,
      data: { since_id: next, list, total: all.length, status_visible: 0, bottom_tips_visible: false, topicList: [] },
    });
  }

  #buildComments(x: Exchange): Answer {
    const id = intParam(x, 'id', 0);
    const offset = offsetOf(x);
    if (offset > 0 && !this.#maySeeMore(x)) return loginWall();
    const answers = x.query.get('fetch_level') === '1';
    const parent = answers ? this.#store.comment(id) : undefined;
    const post = this.#store.status(id);
    if (answers && (parent === undefined || this.#options.withholdReplies === true)) return json({ ok: 0 });
    if (!answers && !this.#shown(x, post))
      return json({ ok: 0, error_type: 'toast', message: '该微博不存在', error_code: 20101 }, 400);
    const all = parent ? this.#below(x, parent) : post ? this.#roots(x, post).reverse() : [];
    const { part, next } = answers ? slice(all, offset, 100) : this.#flow(all, offset);
    return json({
      ok: 1,
      filter_group: [],
      data: x.page(part.map((c) => this.#comment(x, c, true))),
      rootComment: parent ? [this.#comment(x, parent, true)] : [],
      total_number: post ? this.#store.engagement(post, x.now).comments : all.length,
      max_id: next,
      trendsText: '已加载全部评论',
    });
  }

  #byBid(x: Exchange): HeldPost | undefined {
    const post = this.#store.status(Number(midOf(x.query.get('id') ?? '')));
    return this.#shown(x, post) ? post : undefined;
  }

  // ---- objects

  #shown(x: Exchange, post: HeldPost | undefined): post is HeldPost {
    return post !== undefined && post.at <= x.now && post.state === 'live';
  }

  #postsOf(x: Exchange, account: ReplayAccount): HeldPost[] {
    return this.#store
      .statuses()
      .filter((p) => p.account === account && this.#shown(x, p))
      .reverse();
  }

  #roots(x: Exchange, post: HeldPost): HeldComment[] {
    return this.#store.commentsOf(post, x.now).filter((c) => c.replyTo === undefined);
  }

  /** All answers below a comment, flat, newest first. */
  #below(x: Exchange, root: HeldComment): HeldComment[] {
    const isBelow = (c: HeldComment): boolean => c.replyTo !== undefined && (c.replyTo === root || isBelow(c.replyTo));
    return this.#store.commentsOf(root.post, x.now).filter(isBelow).reverse();
  }

  #cut(post: HeldPost): boolean {
    return post.text.length > TEXT_LIMIT;
  }

  #mblog(x: Exchange, post: HeldPost, desktop: boolean): object {
    const n = this.#store.engagement(post, x.now);
    const mid = String(post.mid);
    const cut = this.#cut(post);
    const more = desktop ? '' : `<a href="/status/${mid}">全文</a>`;
    const pictures = hash53(mid, 31) % 3;
    return {
      id: desktop ? post.mid : mid,
      idstr: mid,
      mid,
      ...(desktop ? { mblogid: bidOf(mid) } : { bid: hash53(mid, 32) % 4 === 0 ? '' : bidOf(mid) }),
      created_at: this.#date(x, post.at),
      text: cut ? `${markup(post.text.slice(0, TEXT_LIMIT))}...${more}` : markup(post.text),
      ...(desktop ? { text_raw: cut ? post.text.slice(0, TEXT_LIMIT) : post.text } : {}),
      textLength: post.text.length,
      source: '微博网页版',
      region_name: '发布于 北京',
      user: post.account ? this.#user(post.account, desktop) : null,
      reposts_count: shorthand(n.reposts),
      comments_count: n.comments,
      attitudes_count: shorthand(n.likes),
      pic_num: pictures,
      // An array for one, an object keyed by index for more.
      ...(pictures === 0 || desktop ? {} : { pics: pictures === 1 ? [picture(0)] : { 0: picture(0), 1: picture(1) } }),
      isLongText: cut,
      ...(desktop && cut ? { continue_tag: { title: '全文', pic: '', scheme: '' } } : {}),
      visible: { type: 0, list_id: 0 },
      mblogtype: 0,
    };
  }

  #user(account: ReplayAccount, desktop: boolean): object {
    const person = this.#options.persons?.includes(account.name) === true;
    const followers = account.followers ?? 326_000;
    return {
      id: Number(account.nativeId),
      ...(desktop ? { idstr: account.nativeId } : {}),
      screen_name: account.name,
      profile_image_url: `https://avatar.invalid/${account.nativeId}/50.jpg`,
      verified: !person,
      verified_type: person ? -1 : 1,
      verified_reason: person ? '' : `${account.name}官方微博`,
      gender: 'm',
      followers_count: desktop ? followers : shorthand(followers),
      follow_count: 86,
      statuses_count: 2000,
    };
  }

  #comment(x: Exchange, comment: HeldComment, desktop: boolean): object {
    const mid = String(comment.mid);
    const root = comment.replyTo === undefined;
    const below = root ? this.#below(x, comment) : [];
    const user = comment.account ? this.#user(comment.account, desktop) : publicUser(comment.author ?? 'someone');
    const inline = below.slice(0, INLINE).map((c) => this.#comment(x, c, desktop));
    return {
      id: desktop ? comment.mid : mid,
      ...(desktop ? { idstr: mid } : {}),
      mid,
      rootid: mid,
      rootidstr: mid,
      floor_number: 1,
      text: markup(comment.text),
      ...(desktop ? { text_raw: comment.text } : {}),
      created_at: weiboTime(comment.at),
      source: desktop ? '来自北京' : '来自 北京',
      user,
      ...(desktop ? { like_counts: comment.likes } : { like_count: String(comment.likes) }),
      total_number: below.length,
      reply_count: 0,
      comments: inline.length === 0 ? false : inline,
      max_id: 0,
    };
  }

  #date(x: Exchange, at: number): string {
    if (this.#options.dates !== 'relative') return weiboTime(at);
    const age = Math.floor((x.now - at) / 1000);
    const [then, today] = [beijing(at), beijing(x.now)];
    const two = (n: number) => String(n).padStart(2, '0');
    const dayMs = 86_400_000;
    const daysBack = Math.floor((x.now + 8 * 3_600_000) / dayMs) - Math.floor((at + 8 * 3_600_000) / dayMs);
    if (age < 60) return '刚刚';
    if (age < 3600) return `${Math.floor(age / 60)}分钟前`;
    if (daysBack === 0) return `${Math.floor(age / 3600)}小时前`;
    if (daysBack === 1) return `昨天 ${two(then.hour)}:${two(then.minute)}`;
    const monthDay = `${two(then.month)}-${two(then.day)}`;
    return then.year === today.year ? monthDay : `${then.year}-${monthDay}`;
  }
}

/** Whether a path belongs to this face. */
export function isWeiboWeb(path: string): boolean {
  return /^\/(?:ajax|api|comments|statuses|visitor)\//.test(path);
}

function cookiesOf(x: Exchange): Map<string, string> {
  const pairs = (x.headers['cookie'] ?? '').split('; ').map((pair) => pair.split(/=(.*)/s));
  return new Map(pairs.flatMap(([name, value]) => (name && value ? [[name, value] as const] : [])));
}

function html(body: string, status = 200): Answer {
  return { status, type: 'text/html; charset=utf-8', body };
}

function loginWall(): Answer {
  return json({ ok: -100, url: 'https://passport.weibo.com/sso/signin?entry=miniblog' });
}

function offsetOf(x: Exchange): number {
  return Math.max(0, intParam(x, 'max_id', 0) - TOKEN_BASE);
}

function slice(list: HeldComment[], offset: number, size: number): { part: HeldComment[]; next: number } {
  const part = list.slice(offset, offset + size);
  return { part, next: offset + size < list.length ? TOKEN_BASE + offset + size : 0 };
}

/** Topics, mentions and line breaks as the pages write them. */
function markup(text: string): string {
  return escapeHtml(text)
    .replace(
      /#([^#\s]{1,40})#/gu,
      `<a href="https://m.weibo.cn/search?q=%23$1%23"><span class="surl-text">#$1#</span></a>`,
    )
    .replace(
      /\[([\p{Script=Han}]{1,4})\]/gu,
      '<span class="url-icon"><img alt=[$1] src="https://face.invalid/$1.png" /></span>',
    )
    .replace(/@([\p{L}\p{N}_-]{2,30})/gu, "<a href='/n/$1'>@$1</a>")
    .replace(/\n/g, '<br />');
}

function shorthand(n: number): number | string {
  if (n >= 1_000_000) return '100万+';
  return n >= 10_000 && n % 1000 === 0 ? `${n / 10_000}万` : n;
}

function picture(i: number): object {
  return {
    pid: `pid${i}`,
    url: `https://pic.invalid/orj360/${i}.jpg`,
    size: 'orj360',
    large: { url: `https://pic.invalid/large/${i}.jpg` },
  };
}
