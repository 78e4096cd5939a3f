/**
 * In: a run of a weibo-web source and the pages of one shape. Out: timeline, comments, hot words, and what is missing.
 * Called by: weibo-web. The cursor closes every hole before its mark moves, so a killed run loses nothing and brings nothing twice.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import type { DateRange, Engagement, Gap, Gone, Page, RunContext } from '../connector.ts';
import { LoginNeeded, RetryAfter } from '../errors.ts';
import { officeTime } from '../parse/dates.ts';
import { goneState } from './weibo-errors.ts';
import {
  countEvery,
  DAY,
  Followed,
  isOrganisation,
  isPast,
  type MissingReason,
  newer,
  newest,
  PostBook,
  publishedAt,
  timeOf,
  uidOf,
} from './weibo-followed.ts';
import type { Credentials, Settings } from './weibo-web-settings.ts';
import type { WebComment, WebPages, WebPost } from './weibo-web-wire.ts';

/** Entries below the mark that prove a page to reach it; pinned ones do not count. */
const PROOF = 2;
/** Empty pages in a row that still name a next one. */
const EMPTY_PAGES = 3;
const IDS_KEPT = 500;
const LOOKUPS = 3;

const Account = z.object({
  since: z.string(),
  pass: z.object({ top: z.string(), next: z.string(), ids: z.array(z.string()) }).nullable(),
  name: z.string(),
});
type Account = z.infer<typeof Account>;
const Below = z.object({ id: z.string(), next: z.string().nullable(), had: z.array(z.string()), size: z.number() });
const CommentPass = z.object({
  postId: z.string(),
  /** Null before the first page and behind the last. */
  next: z.string().nullable(),
  rootsDone: z.boolean(),
  top: z.string(),
  counted: z.number(),
  pages: z.number(),
  /** Comments whose answers are still to be asked for. */
  below: z.array(Below),
  ids: z.array(z.string()),
  /** Answers that the platform did not give. */
  withheld: z.number(),
});
type CommentPass = z.infer<typeof CommentPass>;
export const Cursor = z.object({
  accounts: z.record(z.string(), Account),
  posts: z.array(Followed),
  commentPass: CommentPass.nullable(),
  /** Hot words of the day that are stored, with their heat. */
  hot: z.object({ day: z.string(), heat: z.record(z.string(), z.number()) }),
});
type Cursor = z.infer<typeof Cursor>;
export type WebRun = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

export class WebCrawl {
  private readonly state: Cursor;
  private readonly book: PostBook;
  private left: number;
  private lookups = LOOKUPS;
  private readonly told = new Set<string>();
  /** Comments found missing in this run. */
  private missing = 0;

  constructor(
    private readonly run: WebRun,
    private readonly web: WebPages,
    private readonly isVisitor: boolean,
  ) {
    const fresh = { accounts: {}, posts: [], commentPass: null, hot: { day: '', heat: {} } };
    this.state = structuredClone(run.cursor ?? fresh);
    this.book = new PostBook(this.state.posts);
    this.left = run.settings.pageCap;
  }

  async *pages(): AsyncGenerator<Page<Cursor>> {
    const { range, settings } = this.run;
    const oldest = range?.from.getTime() ?? this.now - settings.commentDays * DAY;
    const gaps = this.book.expire(oldest);
    if (gaps.length > 0) yield this.page({ gaps });
    for (const uid of settings.uids) yield* this.timeline(uid, range);
    if (settings.comments) yield* this.comments(range);
    if (range === undefined && settings.hotWords.length > 0 && this.spend()) yield* this.hotWords();
    // A back-fill that ends is taken as complete.
    if (range !== undefined && this.left <= 0) throw new RetryAfter('补采本次达到页数上限，10 分钟后从断点继续。', 600);
    yield* this.summary();
  }

  private get now(): number {
    return this.run.now().getTime();
  }

  private spend(): boolean {
    return !this.run.signal.aborted && this.left-- > 0;
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    this.state.posts = this.book.list();
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /** Always from the top: what is stored shows its edits and counters there, and proves that the page reaches it. */
  private async *timeline(uid: string, range: DateRange | undefined): AsyncGenerator<Page<Cursor>> {
    const account: Account = (this.state.accounts[uid] ??= { since: '0', pass: null, name: uid });
    const first = account.since === '0';
    if (range !== undefined && !first) return;
    const oldest = range?.from.getTime() ?? this.now - this.run.settings.days * DAY;
    for (let empty = 0; ;) {
      if (!this.spend()) {
        if (this.run.signal.aborted) return;
        const what = `本次运行达到页数上限，账号“${account.name}”较早的帖文下次继续`;
        yield this.page({ gaps: [{ what, cause: 'platform-limit' }] });
        return;
      }
      const { pass } = account;
      const { list, broken, next } = await this.web.timeline(uid, pass?.next ?? null);
      const person = list.some((p) => uidOf(p.user) === uid && p.user !== null && !isOrganisation(p.user));
      if (person) {
        yield this.page({ gaps: [{ what: `账号 ${uid} 不是机构认证账号，未采集`, size: 1, cause: 'skipped' }] });
        return;
      }
      const own = list.filter((p) => p.isPublic && uidOf(p.user) === uid);
      const { fresh, known, below } = sort(own, account.since, pass?.ids ?? []);
      const unpinned = own.filter((p) => !p.pinned);
      const past = isPast(
        unpinned.map((p) => timeOf(p.createdAt, this.now)),
        oldest,
      );
      const wanted = fresh.filter((p) => this.isWanted(p, oldest, first, range));
      const brought = await this.postsOf(wanted, account, uid);
      const again = await this.seenAgain(known, account, uid);
      const gone = pass === null && range === undefined ? await this.vanished(uid, list) : [];

      empty = list.length === 0 ? empty + 1 : 0;
      const end = next === null || below >= PROOF || (first && past) || empty >= EMPTY_PAGES;
      const top = newest(
        fresh.map((p) => p.id),
        pass?.top ?? account.since,
      );
      const gaps = [...brought.gaps, ...again.gaps];
      if (broken > 0) gaps.push({ what: '平台返回的帖文中缺少必要字段的', size: broken, cause: 'skipped' });
      if (empty >= EMPTY_PAGES)
        gaps.push({ what: `账号“${account.name}”的主页连续返回空页，较早的帖文未采集`, cause: 'unknown' });
      if (range !== undefined && next === null && !past)
        gaps.push({ what: `账号“${account.name}”的主页翻到尽头，仍未到所选的起始日期`, cause: 'platform-limit' });
      if (end) account.since = newest([top], '1');
      account.pass =
        end || next === null
          ? null
          : { top, next, ids: [...(pass?.ids ?? []), ...fresh.map((p) => p.id)].slice(-IDS_KEPT) };
      yield this.page({
        items: [...brought.items, ...again.items],
        engagement: again.engagement,
        gone,
        gaps,
        expected: brought.items.length + broken,
      });
      if (end && range === undefined && !first) yield* this.recount(uid, account, next, list);
      if (end) return;
    }
  }

  /**
   * Further pages, as far down as there are followed posts whose counters are due: nothing else tells of new comments under them.
   * A page of ten or twenty costs one request, as one post asked by name would.
   */
  private async *recount(uid: string, account: Account, from: string | null, last: readonly WebPost[]) {
    let next = from;
    let floor = smallest(last);
    const due = () =>
      this.book
        .list()
        .some(
          (p) => p.uid === uid && this.now - p.countedAt >= countEvery(this.now - p.at) && p.countedAt !== this.now,
        );
    while (next !== null && floor !== undefined && due() && this.spend()) {
      const page = await this.web.timeline(uid, next);
      const own = page.list.filter((p) => p.isPublic && uidOf(p.user) === uid);
      const { items, engagement, gaps } = await this.seenAgain(own, account, uid);
      const gone = await this.vanished(uid, page.list, floor);
      yield this.page({ items, engagement, gaps, gone });
      next = page.next;
      floor = smallest(page.list);
    }
  }

  private isWanted(post: WebPost, oldest: number, first: boolean, range: DateRange | undefined): boolean {
    const at = timeOf(post.createdAt, this.now);
    if (range !== undefined) return at !== undefined && at >= oldest && at < range.to.getTime();
    return !first || at === undefined || at >= oldest;
  }

  private async postsOf(posts: readonly WebPost[], account: Account, uid: string) {
    const items: RawItem[] = [];
    let cut = 0;
    for (const post of posts) {
      const listed = this.postItem(post, account, uid);
      const at = timeOf(post.createdAt, this.now);
      if (this.isFollowed(at)) this.book.follow(marked(listed, post), at, this.now, { uid });
      const { item, whole } = await this.whole(listed, post);
      if (!whole) cut++;
      items.push(item);
    }
    return { items, gaps: cutGap(cut) };
  }

  /** Whether comments are still collected; in a back-fill those of everything found are. */
  private isFollowed(at: number | undefined): at is number {
    const { range, settings } = this.run;
    return at !== undefined && (range !== undefined || at >= this.now - settings.commentDays * DAY);
  }

  /** Posts below the mark: edited, counted anew, or shown late (held back for review) and never brought. */
  private async seenAgain(posts: readonly WebPost[], account: Account, uid: string) {
    const late = posts.filter((p) => this.book.find(p.id) === undefined && this.isLate(p));
    const { items, gaps } = await this.postsOf(late, account, uid);
    const engagement: Engagement[] = [];
    let cut = 0;
    for (const post of posts) {
      const listed = this.postItem(post, account, uid);
      const news = this.book.again(marked(listed, post), this.now);
      if (news.engagement !== undefined) engagement.push(news.engagement);
      if (news.item === undefined) continue;
      const { item, whole } = await this.whole(listed, post);
      if (!whole) cut++;
      items.push(item);
    }
    return { items, engagement, gaps: [...gaps, ...cutGap(cut)] };
  }

  private isLate(post: WebPost): boolean {
    const at = timeOf(post.createdAt, this.now);
    const { range, settings } = this.run;
    return (
      range === undefined && at !== undefined && at >= this.now - Math.min(settings.days, settings.commentDays) * DAY
    );
  }

  /** The listed text is cut in long posts; the rest costs a request. */
  private async whole(listed: RawItem, post: WebPost): Promise<{ item: RawItem; whole: boolean }> {
    if (!post.cut) return { item: listed, whole: true };
    this.left--;
    const text = await this.web.longText(post);
    return text === null
      ? { item: listed, whole: false }
      : { item: { ...listed, text: withQuote(text, post) }, whole: true };
  }

  private postItem(post: WebPost, account: Account, uid: string): RawItem {
    const name = post.user?.screen_name ?? account.name;
    if (!this.told.has(uid))
      this.run.account({ platform: 'weibo', nativeId: uid, name, followers: post.user?.followers_count ?? 0 });
    this.told.add(uid);
    account.name = name;
    const at = timeOf(post.createdAt, this.now);
    return {
      platform: 'weibo',
      kind: 'post',
      id: post.id,
      account: name,
      publishedAt: publishedAt(at, post.createdAt),
      text: withQuote(post.text, post),
      ...(this.run.settings.baseUrl === undefined ? { url: `https://m.weibo.cn/detail/${post.id}` } : {}),
      likes: post.likes,
      comments: post.comments,
      reposts: post.reposts,
    };
  }

  /** Followed posts that a page should show and does not: asked for by name, because absence proves nothing. */
  private async vanished(uid: string, shown: readonly WebPost[], above?: string): Promise<Gone[]> {
    const ids = new Set(shown.map((p) => p.id));
    const floor = smallest(shown);
    if (floor === undefined) return [];
    const missing = this.book
      .list()
      .filter(
        (p) => p.uid === uid && newer(p.id, floor) && (above === undefined || newer(above, p.id)) && !ids.has(p.id),
      );
    const gone: Gone[] = [];
    for (const { id } of missing) {
      if (this.lookups-- <= 0 || !this.spend()) break;
      const state = await this.lookUp(id);
      if (state === null) continue;
      this.book.forget(id);
      if (this.state.commentPass?.postId === id) this.state.commentPass = null;
      gone.push({ platform: 'weibo', kind: 'post', id, state });
    }
    return gone;
  }

  private async lookUp(id: string): Promise<Gone['state'] | null> {
    try {
      await this.web.show(id);
      return null;
    } catch (error) {
      const state = goneState(error);
      if (state === null) throw error;
      return state;
    }
  }

  private async *comments(range: DateRange | undefined): AsyncGenerator<Page<Cursor>> {
    const { state, book } = this;
    const under = state.commentPass?.postId;
    if (under !== undefined && book.find(under) === undefined) state.commentPass = null;
    const order = book.list().sort((a, b) => (a.id === under ? -1 : b.id === under ? 1 : b.at - a.at));
    for (const post of order) {
      const due = post.count > post.doneAt && this.now - post.checkedAt >= countEvery(this.now - post.at);
      if (post.id !== state.commentPass?.postId && !due) continue;
      try {
        yield* this.commentsOf(post, range);
      } catch (error) {
        if (!(error instanceof LoginNeeded) || !this.isVisitor) throw error;
        // Visitors see the first page at most: that is known, and the other posts still have theirs.
        yield this.finish(post, 'login');
      }
      if (this.run.signal.aborted) return;
      if (this.left <= 0) {
        yield this.page({ gaps: [{ what: '本次运行达到页数上限，其余评论下次继续', cause: 'platform-limit' }] });
        return;
      }
    }
  }

  /** The list is ordered by heat, so every pass reads it to its end; what is stored is skipped, and answers below it when none is new. */
  private async *commentsOf(post: Followed, range: DateRange | undefined): AsyncGenerator<Page<Cursor>> {
    for (let empty = 0; this.spend();) {
      const pass: CommentPass = (this.state.commentPass ??= {
        ...{ postId: post.id, next: null, rootsDone: false, top: post.since, counted: 0, pages: 0 },
        ...{ below: [], ids: [], withheld: 0 },
      });
      if (pass.pages++ >= this.run.settings.commentPages) {
        yield this.finish(post, 'pages');
        return;
      }
      const part = pass.rootsDone ? await this.answersOf(post, pass) : await this.rootsOf(post, pass);
      empty = part.comments.length === 0 && !pass.rootsDone ? empty + 1 : 0;
      const fresh = this.freshOf(part.comments, post, pass);
      const gaps: Gap[] =
        part.broken > 0 ? [{ what: '平台返回的评论中缺少必要字段的', size: part.broken, cause: 'skipped' }] : [];
      const items = fresh.map((c) => this.commentItem(post, c)).filter((c) => range === undefined || within(c, range));
      const news = { items, gaps, expected: items.length + part.broken };
      if (pass.rootsDone && pass.below.length === 0) {
        yield this.finish(post, 'hidden', news);
        return;
      }
      yield this.page(news);
      if (empty >= EMPTY_PAGES) {
        yield this.finish(post, 'empty');
        return;
      }
    }
  }

  private async rootsOf(post: Followed, pass: CommentPass) {
    const { list, broken, next } = await this.web.comments(post.id, post.uid, pass.next);
    const comments: WebComment[] = [];
    for (const root of list) {
      if (pass.ids.includes(root.id)) continue;
      comments.push(root, ...root.inline);
      const more = root.replies - root.inline.length;
      if (more <= 0) continue;
      // The newest answers come along: when all of them are stored, so is the rest.
      const old = root.inline.length > 0 && root.inline.every((c) => !newer(c.id, post.since));
      if (old) pass.counted += more;
      else pass.below.push({ id: root.id, next: null, had: root.inline.map((c) => c.id), size: more });
    }
    pass.next = next;
    pass.rootsDone = next === null;
    return { comments, broken };
  }

  private async answersOf(post: Followed, pass: CommentPass) {
    const [asked] = pass.below;
    if (asked === undefined) return { comments: [], broken: 0 };
    const page = await this.web.replies(post.id, post.uid, asked.id, asked.next);
    if (page === null) {
      pass.below.shift();
      pass.withheld += asked.size;
      return { comments: [], broken: 0 };
    }
    if (page.next === null) pass.below.shift();
    else asked.next = page.next;
    const comments = page.list.filter((c) => !asked.had.includes(c.id));
    return { comments, broken: page.broken };
  }

  /** What is not stored yet; everything is counted, so that the sum can be held against the platform's. */
  private freshOf(comments: readonly WebComment[], post: Followed, pass: CommentPass): WebComment[] {
    const fresh: WebComment[] = [];
    for (const comment of comments) {
      if (pass.ids.includes(comment.id)) continue;
      pass.ids.push(comment.id);
      pass.counted++;
      if (newer(comment.id, post.since)) fresh.push(comment);
    }
    pass.top = newest(
      fresh.map((c) => c.id),
      pass.top,
    );
    pass.ids = pass.ids.slice(-IDS_KEPT);
    return fresh;
  }

  /** Only a pass that reached the end (`hidden`) moves the mark: after another one, comments come again rather than never. */
  private finish(post: Followed, ended: MissingReason, news: Partial<Page<Cursor>> = {}): Page<Cursor> {
    const { counted = 0, withheld = 0, top = post.since } = this.state.commentPass ?? {};
    const rest = Math.max(0, post.count - counted - withheld);
    post.missing = { ...(rest > 0 ? { [ended]: rest } : {}), ...(withheld > 0 ? { answers: withheld } : {}) };
    this.missing += rest + withheld;
    Object.assign(post, { checkedAt: this.now, doneAt: post.count, seen: counted });
    if (ended === 'hidden') post.since = top;
    this.state.commentPass = null;
    return this.page(news);
  }

  private commentItem(post: Followed, comment: WebComment): RawItem {
    const { user, uid } = comment;
    const listed = this.run.settings.uids.includes(uid) && user !== null && isOrganisation(user);
    const account = listed ? (user.screen_name ?? this.state.accounts[uid]?.name) : undefined;
    return {
      platform: 'weibo',
      kind: 'comment',
      id: comment.id,
      parentId: post.id,
      ...(account !== undefined ? { account } : uid === '' ? {} : { author: uid }),
      publishedAt: publishedAt(timeOf(comment.createdAt, this.now), comment.createdAt),
      text: comment.text,
      likes: comment.likes,
    };
  }

  /** Words that name the place, once a day each; later the same day only their heat. Nobody wrote them, so they have no author. */
  private async *hotWords(): AsyncGenerator<Page<Cursor>> {
    const { hot } = this.state;
    const time = officeTime(this.now);
    const day = time.slice(0, 10);
    if (hot.day !== day) Object.assign(hot, { day, heat: {} });
    const items: RawItem[] = [];
    const engagement: Engagement[] = [];
    for (const { word, heat = 0 } of await this.web.hotWords()) {
      if (!this.run.settings.hotWords.some((wanted) => word.includes(wanted))) continue;
      const id = `hot:${day}:${word}`;
      const before = hot.heat[word];
      hot.heat[word] = Math.max(heat, before ?? 0);
      const entry = { platform: 'weibo', kind: 'post', id } as const;
      if (before === undefined) {
        items.push({ ...entry, publishedAt: time, title: '微博热搜', text: `#${word}#`, reads: heat });
      } else if (heat > before) engagement.push({ ...entry, reads: heat });
    }
    yield this.page({ items, engagement, expected: items.length });
  }

  /** What is known to be missing, said once per run. */
  private async *summary(): AsyncGenerator<Page<Cursor>> {
    const gaps = this.book.missing();
    if (gaps.length > 0) yield this.page({ gaps, expected: this.missing });
  }
}

/** The lowest id of a page, pinned posts left aside. */
function smallest(posts: readonly WebPost[]): string | undefined {
  const ids = posts.filter((p) => !p.pinned).map((p) => p.id);
  return ids.length === 0 ? undefined : ids.reduce((a, b) => (newer(a, b) ? b : a));
}

function sort(posts: readonly WebPost[], since: string, taken: readonly string[]) {
  const fresh: WebPost[] = [];
  const known: WebPost[] = [];
  const seen = new Set(taken);
  let below = 0;
  for (const post of posts) {
    if (!post.pinned && !newer(post.id, since)) below++;
    (seen.has(post.id) || !newer(post.id, since) ? known : fresh).push(post);
    seen.add(post.id);
  }
  return { fresh, known, below };
}

/** The cut text and the number of edits tell whether the whole text is to be fetched again. */
function marked(listed: RawItem, post: WebPost): RawItem {
  return { ...listed, text: `${post.text}\u0000${post.edits}` };
}

/** Official texts keep the handles in them, so a person's name must not get into one. */
function withQuote(own: string, { quoted }: WebPost): string {
  if (quoted === null) return own;
  const name = isOrganisation(quoted.user) ? (quoted.user.screen_name ?? '原微博') : '原微博';
  return `${own}//@${name}:${quoted.text}`;
}

function cutGap(size: number): Gap[] {
  return size > 0 ? [{ what: '长微博只取得开头部分（平台没有给出全文）', size, cause: 'truncated' }] : [];
}

function within(item: RawItem, { from, to }: DateRange): boolean {
  const at = Date.parse(item.publishedAt);
  return at >= from.getTime() && at < to.getTime();
}
