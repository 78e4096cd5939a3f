/**
 * In: a run of a weibo-official source. Out: its pages: timeline, received comments, mentions, counters, comments, and what is missing.
 * Called by: weibo-official. The cursor closes every hole before its mark moves, so a killed run loses nothing and brings nothing twice.
 */
import type { RawItem } from '@minsheng/contracts';
import { createHash } from 'node:crypto';
import type { DateRange, Engagement, Gap, Gone, Page } from '../connector.ts';
import { ConnectorError, RetryAfter } from '../errors.ts';
import { shaped, sift } from '../parse/wire.ts';
import { goneState, LIMITS } from './weibo-errors.ts';
import {
  advance,
  commentsDue,
  countEvery,
  DAY,
  type Followed,
  isOrganisation,
  isPast,
  MINUTE,
  newer,
  newest,
  type Pass,
  PostBook,
  publishedAt,
  timeOf,
  uidOf,
  type WeiboUser,
} from './weibo-followed.ts';
import { Cursor, type Run, type Stream } from './weibo-official-settings.ts';
import { usedUp, type WeiboApi } from './weibo-open-api.ts';
import {
  Comment,
  Comments,
  countsOf,
  isDeleted,
  lookUp,
  Status,
  Timeline,
  withoutMoreMark,
} from './weibo-official-wire.ts';

const PAGE = 100;
const MENTION_PAGE = 50;
/** The platform gives 50 unless asked for more; nothing here depends on how many it really gives. */
const COMMENT_PAGE = 200;
export const COUNT_BATCH = 100;
/** Posts that vanished from the counters and are asked for by name, per run. */
export const LOOKUPS = 5;
const UNKNOWN_OWNER = '0';

interface Step {
  name: 'received' | 'mentions' | 'counters' | 'comments';
  what: string;
  on: boolean;
  pages(): AsyncGenerator<Page<Cursor>>;
}

export class OfficialCrawl {
  private readonly state: Cursor;
  private readonly book: PostBook;
  /** Requests this run may still make. */
  private left: number;
  private readonly told = new Set<string>();
  private readonly persons = new Set<string>();
  /** Comments found missing in this run. */
  private hidden = 0;

  constructor(
    private readonly run: Run,
    private readonly api: WeiboApi,
  ) {
    const fresh = { since: '0', pass: null, commentPass: null, posts: [], officials: {} };
    this.state = Cursor.parse(structuredClone(run.cursor ?? fresh));
    this.book = new PostBook(this.state.posts);
    this.left = run.settings.pageCap;
  }

  async *pages(): AsyncGenerator<Page<Cursor>> {
    const { range } = this.run;
    await this.weighBudget();
    await this.findOwner();
    if (range !== undefined) {
      yield* this.history(range);
      return;
    }
    yield* this.timeline();
    const steps = this.steps();
    const starved: string[] = [];
    for (const step of steps) {
      if (this.run.signal.aborted) return;
      if (this.left <= 0) {
        starved.push(step.what);
        continue;
      }
      this.state.turns[step.name] = this.now;
      yield* this.leniently(step);
    }
    yield* this.summary(starved);
  }

  /** The one that waited longest comes first. */
  private steps(): Step[] {
    const { settings } = this.run;
    const { turns } = this.state;
    const all: Step[] = [
      { name: 'received', what: '收到的评论', on: settings.received, pages: () => this.received() },
      { name: 'mentions', what: '@服务账号的微博', on: settings.mentions, pages: () => this.mentions() },
      { name: 'counters', what: '转评赞数', on: true, pages: () => this.counters() },
      { name: 'comments', what: '评论', on: true, pages: () => this.comments() },
    ];
    return all.filter((step) => step.on).sort((a, b) => (turns[a.name] ?? 0) - (turns[b.name] ?? 0));
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

  /** A run spends its share of what is left until the platform grants anew, so that the last hours of a day are not blind. */
  private async weighBudget(): Promise<void> {
    const allowance = await this.api.allowance();
    const sinceLast = Math.max(MINUTE, this.now - this.state.ranAt);
    const first = this.state.ranAt === 0;
    this.state.ranAt = this.now;
    if (allowance === undefined) return;
    const { left, resetSeconds } = allowance;
    if (left === 0 && resetSeconds > 0) throw usedUp(resetSeconds);
    const share = first ? 1 / 4 : Math.min(1, sinceLast / Math.max(1, resetSeconds * 1000));
    const granted = left * share + this.state.spare;
    this.state.spare = granted % 1;
    // At least the timeline is looked at.
    this.left = Math.min(this.left, left, Math.max(1, Math.floor(granted)));
  }

  /**
   * Only comments that the authorised account received can be answered, so it must be known who that is. A token entered by hand does not
   * say when it ends either: the platform is asked, once a week.
   */
  private async findOwner(): Promise<void> {
    const { uid, expiresAt, accessToken = '' } = this.run.credentials;
    const mark = createHash('sha256').update(accessToken).digest('hex').slice(0, 8);
    const { end } = this.state;
    const asksEnd = expiresAt === undefined && (end.of !== mark || this.now - end.askedAt >= 7 * DAY);
    const owner = asksEnd || (uid === undefined && this.state.me === '') ? await this.api.owner() : undefined;
    this.state.me = uid ?? owner?.uid ?? (this.state.me || UNKNOWN_OWNER);
    if (asksEnd) this.state.end = { of: mark, askedAt: this.now };
    if (asksEnd && owner?.expiresInSeconds !== undefined)
      this.run.credentialsEnd(new Date(this.now + owner.expiresInSeconds * 1000));
  }

  /** An endpoint's own limit, or a permission that was not granted, ends its step and not the run. */
  private async *leniently({ name, what, pages }: Step): AsyncGenerator<Page<Cursor>> {
    try {
      yield* pages();
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      if (error instanceof RetryAfter && Number(error.details.code) === LIMITS.endpoint) {
        yield this.page({ gaps: [{ what: `${what}接口的请求额度已用完，下次继续`, cause: 'platform-limit' }] });
      } else if (error.kind === 'permission' && (name === 'received' || name === 'mentions')) {
        this.state[name].closedUntil = this.now + DAY;
        yield this.page({ gaps: [notPermitted(what)] });
      } else throw error;
    }
  }

  private async askTimeline(pass: Pass | null) {
    const answer = await this.api.get('/2/statuses/home_timeline.json', {
      count: PAGE,
      ...(pass === null ? {} : { max_id: pass.maxId }),
    });
    return sift(Status, shaped(Timeline, answer, '微博接口').statuses);
  }

  /**
   * Asked from the top each time, without `since_id`, which costs the same request: the posts already stored show their edits and their
   * counters, and prove that the page reaches them.
   */
  private async *timeline(): AsyncGenerator<Page<Cursor>> {
    const { run, state, book } = this;
    const oldest = this.now - run.settings.days * DAY;
    const gaps = book.expire(this.now - run.settings.commentDays * DAY);
    // Only a first crawl looks back a limited time; later ones close the gap to the last, however long the source was away.
    const first = state.since === '0';
    for (;;) {
      if (!this.spend()) {
        if (run.signal.aborted) return;
        yield this.page({
          gaps: [...gaps, { what: '本次运行达到请求上限，较早的帖文下次继续', cause: 'platform-limit' }],
        });
        return;
      }
      const { good, broken } = await this.askTimeline(state.pass);
      for (const status of good) this.isMonitored(status);
      const { fresh, known, next, closed } = advance(good, state.since, state.pass);
      const times = fresh.map((s) => timeOf(s.created_at, this.now));
      const wanted = fresh.filter((_, i) => !first || (times[i] ?? oldest) >= oldest);
      const page = this.postsOf(wanted);
      const again = this.seenAgain(known);
      const end = closed || (first && isPast(times, oldest));
      if (end) state.since = newest([next.top], state.since);
      state.pass = end ? null : next;
      yield this.page({
        items: [...page.items, ...again.items],
        engagement: again.engagement,
        gone: [...page.gone, ...again.gone],
        gaps: [...gaps.splice(0), ...page.gaps, ...again.gaps, ...brokenGap(broken, '帖文')],
        expected: page.items.length + broken,
      });
      if (end) return;
    }
  }

  private postsOf(statuses: readonly Status[]): { items: RawItem[]; gone: Gone[]; gaps: Gap[] } {
    const items: RawItem[] = [];
    const gone: Gone[] = [];
    let cut = 0;
    for (const status of statuses) {
      if (isDeleted(status)) gone.push(goneOf(status.id, 'deleted'));
      else if (this.isMonitored(status)) {
        const at = timeOf(status.created_at, this.now);
        const item = this.postOf(status, at);
        items.push(item);
        const uid = uidOf(status.user);
        if (this.isFollowed(at)) this.book.follow(item, at, this.now, { uid, mine: uid === this.state.me });
        if (isCut(status)) cut++;
      }
    }
    const what = '长微博只取得开头部分（开放平台不提供全文）';
    return { items, gone, gaps: cut > 0 ? [{ what, size: cut, cause: 'truncated' }] : [] };
  }

  /** Whether comments are still collected; in a back-fill those of everything found are. */
  private isFollowed(at: number | undefined): at is number {
    const { range, settings } = this.run;
    return at !== undefined && (range !== undefined || at >= this.now - settings.commentDays * DAY);
  }

  /** Posts below the mark: edited, counted anew, deleted meanwhile, or shown late (held back for review) and never brought. */
  private seenAgain(statuses: readonly Status[]) {
    const late = statuses.filter((s) => this.book.find(s.id) === undefined && !isDeleted(s) && this.isLate(s));
    const { items, gone, gaps } = this.postsOf(late);
    const engagement: Engagement[] = [];
    for (const status of statuses) {
      if (this.book.find(status.id) === undefined) continue;
      if (isDeleted(status)) gone.push(this.forget(status.id, 'deleted'));
      else if (this.isMonitored(status)) {
        const news = this.book.again(this.postOf(status, timeOf(status.created_at, this.now)), this.now);
        if (news.item !== undefined) items.push(news.item);
        if (news.engagement !== undefined) engagement.push(news.engagement);
      }
    }
    return { items, engagement, gone, gaps };
  }

  private isLate(status: Status): boolean {
    const { days, commentDays } = this.run.settings;
    const at = timeOf(status.created_at, this.now);
    return at !== undefined && at >= this.now - Math.min(days, commentDays) * DAY;
  }

  /** Public posts of organisations, of the listed ones where there is a list: a person is not monitored by being followed or listed. */
  private isMonitored({ user, visible }: Status): boolean {
    if (user == null || (visible?.type ?? 0) !== 0) return false;
    const uid = uidOf(user);
    const { uids } = this.run.settings;
    if (uids !== undefined && !uids.includes(uid)) return false;
    if (isOrganisation(user)) return true;
    this.persons.add(uid);
    return false;
  }

  private postOf(status: Status, at: number | undefined): RawItem {
    const { run, state } = this;
    const { id, user, retweeted_status: quoted } = status;
    const uid = uidOf(user);
    const name = user?.screen_name ?? state.officials[uid] ?? uid;
    state.officials[uid] = name;
    if (!this.told.has(uid)) {
      this.told.add(uid);
      run.account({ platform: 'weibo', nativeId: uid, name, followers: user?.followers_count ?? 0 });
    }
    const own = ownText(status);
    const quotes = quoted?.text !== undefined && !isDeleted(quoted);
    return {
      platform: 'weibo',
      kind: 'post',
      id,
      account: name,
      publishedAt: publishedAt(at, status.created_at),
      text: quotes ? `${own}//@${quotedName(quoted.user)}:${withoutMoreMark(quoted.text ?? '')}` : own,
      ...(run.settings.baseUrl === 'https://api.weibo.com' ? { url: `https://m.weibo.cn/detail/${id}` } : {}),
      likes: status.attitudes_count,
      comments: status.comments_count,
      reposts: status.reposts_count,
    };
  }

  /**
   * One newest-first stream of the service account, from the top down to what is stored. `read` turns entries into items; a first pass goes
   * back as far as comments are followed.
   */
  private async *stream<T extends { id: string; created_at?: string | undefined }>(
    stream: Stream,
    what: string,
    ask: (query: Record<string, string | number>) => Promise<{ good: T[]; broken: number }>,
    read: (fresh: readonly T[]) => RawItem[],
  ): AsyncGenerator<Page<Cursor>> {
    if (stream.closedUntil > this.now) {
      yield this.page({ gaps: [notPermitted(what)] });
      return;
    }
    const first = stream.since === '0';
    const oldest = this.now - this.run.settings.commentDays * DAY;
    for (;;) {
      if (!this.spend()) {
        if (this.run.signal.aborted) return;
        yield this.page({ gaps: [{ what: `本次运行达到请求上限，其余${what}下次继续`, cause: 'platform-limit' }] });
        return;
      }
      const { good, broken } = await ask(stream.pass === null ? {} : { max_id: stream.pass.maxId });
      const { fresh, next, closed } = advance(good, stream.since, stream.pass);
      const times = fresh.map((entry) => timeOf(entry.created_at, this.now));
      const items = read(fresh.filter((_, i) => !first || (times[i] ?? oldest) >= oldest));
      const end = closed || (first && isPast(times, oldest));
      if (end) stream.since = newest([next.top], stream.since);
      stream.pass = end ? null : next;
      yield this.page({ items, gaps: brokenGap(broken, what), expected: items.length + broken });
      if (end) return;
    }
  }

  /** Posts by the public, and by organisations that are not followed, that name the service account. */
  private mentions(): AsyncGenerator<Page<Cursor>> {
    return this.stream(
      this.state.mentions,
      '@服务账号的微博',
      async (query) => {
        const answer = await this.api.get('/2/statuses/mentions.json', { count: MENTION_PAGE, ...query });
        return sift(Status, shaped(Timeline, answer, '微博接口').statuses);
      },
      (fresh) => fresh.flatMap((status) => this.mentionOf(status) ?? []),
    );
  }

  private mentionOf(status: Status): RawItem | undefined {
    const { id, user, visible } = status;
    const uid = uidOf(user);
    // A followed account's post comes with the timeline.
    const followed = user?.['following'] === true || this.state.officials[uid] !== undefined;
    if (followed || uid === '' || (visible?.type ?? 0) !== 0 || isDeleted(status)) return undefined;
    return {
      platform: 'weibo',
      kind: 'post',
      id,
      author: uid,
      publishedAt: publishedAt(timeOf(status.created_at, this.now), status.created_at),
      text: ownText(status),
      likes: status.attitudes_count,
      comments: status.comments_count,
      reposts: status.reposts_count,
      replyHandle: { platform: 'weibo', postId: id },
    };
  }

  /**
   * Comments received on posts that are not followed any more, or under other people's posts. Those of followed posts come with
   * `comments`, complete with the office's own answers; here they only say where to look.
   */
  private received(): AsyncGenerator<Page<Cursor>> {
    return this.stream(
      this.state.received,
      '收到的评论',
      async (query) => {
        const answer = await this.api.get('/2/comments/to_me.json', { count: MENTION_PAGE, ...query });
        return sift(Comment, shaped(Comments, answer, '微博评论接口').comments);
      },
      (fresh) =>
        fresh.flatMap((comment) => {
          const postId = comment.status?.id;
          if (postId === undefined) return [];
          const post = this.book.find(postId);
          if (post === undefined) return [this.commentOf(postId, comment, true)];
          if (newer(comment.id, post.since)) post.doneAt = -1;
          return [];
        }),
    );
  }

  /** Counters of recent posts that the timeline no longer shows, a hundred at a time, less often as they age. */
  private async *counters(): AsyncGenerator<Page<Cursor>> {
    const { book } = this;
    const now = this.now;
    const due = book
      .list()
      .filter((p) => now - p.countedAt >= countEvery(now - p.at) && p.countedAt !== now)
      .sort((a, b) => a.countedAt - b.countedAt);
    let lookups = LOOKUPS;
    for (let i = 0; i < due.length; i += COUNT_BATCH) {
      if (!this.spend()) return;
      const batch = due.slice(i, i + COUNT_BATCH);
      const { engagement, missing } = await countsOf(
        this.api,
        batch.map((p) => p.id),
      );
      for (const { id, comments } of engagement) {
        const post = book.find(id);
        if (post !== undefined) Object.assign(post, { count: comments, countedAt: now });
      }
      const gone: Gone[] = [];
      for (const id of missing) {
        if (lookups-- <= 0 || !this.spend()) break;
        const state = await lookUp(this.api, id);
        const post = book.find(id);
        if (post !== undefined) post.countedAt = now;
        if (state !== null) gone.push(this.forget(id, state));
      }
      yield this.page({ engagement, gone });
    }
  }

  private forget(id: string, state: Gone['state']): Gone {
    this.book.forget(id);
    if (this.state.commentPass?.postId === id) this.state.commentPass = null;
    return goneOf(id, state);
  }

  private async *comments(range?: DateRange): AsyncGenerator<Page<Cursor>> {
    const { state, book } = this;
    const under = state.commentPass?.postId;
    if (under !== undefined && book.find(under) === undefined) state.commentPass = null;
    const order = book.list().sort((a, b) => (a.id === under ? -1 : b.id === under ? 1 : b.at - a.at));
    for (const post of order) {
      if (this.run.signal.aborted) return;
      if (post.id !== state.commentPass?.postId && !commentsDue(post, this.now)) continue;
      if (this.left <= 0) {
        yield this.page({ gaps: [{ what: '本次运行达到请求上限，其余评论下次继续', cause: 'platform-limit' }] });
        return;
      }
      yield* this.commentsOf(post, range);
    }
  }

  private async *commentsOf(post: Followed, range?: DateRange): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    while (this.spend()) {
      const pass = state.commentPass?.postId === post.id ? state.commentPass : null;
      let body: unknown;
      try {
        body = await this.api.get('/2/comments/show.json', {
          id: post.id,
          count: COMMENT_PAGE,
          ...(pass === null ? {} : { max_id: pass.maxId }),
        });
      } catch (error) {
        const gone = goneState(error);
        if (gone === null) throw error;
        yield this.page({ gone: [this.forget(post.id, gone)] });
        return;
      }
      const answer = shaped(Comments, body, '微博评论接口');
      const { good, broken } = sift(Comment, answer.comments);
      const { fresh, known, next, closed } = advance(good, post.since, pass);
      post.seen += fresh.length;
      post.checkedAt = this.now;
      const counted = Math.max(post.count, answer.total_number);
      // Later passes may not trust the sum: comments deleted since would hide new ones behind an old count.
      const complete =
        post.since === '0' ? post.seen >= counted : pass === null && fresh.length + known.length >= counted;
      const end = closed || complete;
      if (end) {
        post.since = newest([next.top], post.since);
        post.doneAt = post.count;
        state.commentPass = null;
        const hidden = Math.max(0, counted - post.seen);
        this.hidden += hidden;
        post.missing = hidden > 0 ? { hidden } : {};
      } else state.commentPass = { ...next, postId: post.id };
      const items = fresh
        .filter((c) => range === undefined || within(timeOf(c.created_at, this.now), range))
        .map((c) => this.commentOf(post.id, c, this.canAnswer(post, c)));
      yield this.page({ items, gaps: brokenGap(broken, '评论'), expected: items.length + broken });
      if (end) return;
    }
  }

  private canAnswer(post: Followed, comment: Comment): boolean {
    const { me } = this.state;
    return me === UNKNOWN_OWNER || post.mine || uidOf(comment.reply_comment?.user) === me;
  }

  private commentOf(postId: string, comment: Comment, answerable: boolean): RawItem {
    const { id, user } = comment;
    const uid = uidOf(user);
    const listed = this.run.settings.uids?.includes(uid) === true && user != null && isOrganisation(user);
    const official = this.state.officials[uid] ?? (listed ? user?.screen_name : undefined);
    return {
      platform: 'weibo',
      kind: 'comment',
      id,
      parentId: postId,
      ...(official !== undefined ? { account: official } : uid === '' ? {} : { author: uid }),
      publishedAt: publishedAt(timeOf(comment.created_at, this.now), comment.created_at),
      text: comment.text,
      likes: comment.like_count,
      ...(official === undefined && answerable ? { replyHandle: { platform: 'weibo', commentId: id, postId } } : {}),
    };
  }

  /**
   * A back-fill with a cursor of its own: the timeline from the top down to the range's beginning, then the comments of what was found.
   * A spent budget is thrown as "come back later", because a back-fill that ends is taken as complete.
   */
  private async *history(range: DateRange): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    while (state.since === '0') {
      if (!this.spend()) throw outOfShare();
      const { good, broken } = await this.askTimeline(state.pass);
      const { fresh, next } = advance(good, '0', state.pass);
      const times = fresh.map((s) => timeOf(s.created_at, this.now));
      const page = this.postsOf(fresh.filter((_, i) => within(times[i], range)));
      const past = isPast(times, range.from.getTime());
      const gaps = [...page.gaps, ...brokenGap(broken, '帖文')];
      if (fresh.length === 0 && !past) {
        const what = '关注时间线已翻到尽头，仍未到所选的起始日期；更早的帖文平台不再提供，或这段时间没有发布';
        gaps.push({ what, cause: 'platform-limit' });
      }
      if (fresh.length === 0 || past) {
        state.since = newest([next.top], '1');
        state.pass = null;
      } else state.pass = next;
      yield this.page({ items: page.items, gaps, expected: page.items.length + broken });
    }
    for (const post of this.book.list()) if (post.checkedAt === 0 && post.count > 0) post.doneAt = -1;
    yield* this.comments(range);
    if (this.left <= 0) throw outOfShare();
    yield* this.summary([]);
  }

  /** What is known to be missing, said once per run. */
  private async *summary(starved: readonly string[]): AsyncGenerator<Page<Cursor>> {
    const gaps = this.book.missing();
    if (starved.length > 0)
      gaps.push({ what: `本次请求额度不足，未采集${starved.join('、')}，下次优先`, cause: 'platform-limit' });
    if (this.persons.size > 0) gaps.push({ what: '个人账号，未采集', size: this.persons.size, cause: 'skipped' });
    yield this.page({ gaps, expected: this.hidden });
  }
}

function notPermitted(what: string): Gap {
  return { what: `应用没有读取“${what}”的权限，未采集。请在开放平台申请，或在采集源中关闭这一项`, cause: 'skipped' };
}

/** The regular runs need what is left of the budget as well. */
function outOfShare(): RetryAfter {
  return new RetryAfter('补采本次的请求份额已用完，30 分钟后从断点继续。', 1800);
}

function isCut({ isLongText, longText }: Status): boolean {
  return isLongText === true && longText === undefined;
}

function ownText({ longText, text }: Status): string {
  return longText?.longTextContent ?? withoutMoreMark(text);
}

/** Official texts keep the handles in them, so a person's name must not get into one. */
function quotedName(user: WeiboUser | null | undefined): string {
  return user != null && isOrganisation(user) ? (user.screen_name ?? '原微博') : '原微博';
}

function goneOf(id: string, state: Gone['state']): Gone {
  return { platform: 'weibo', kind: 'post', id, state };
}

function brokenGap(size: number, what: string): Gap[] {
  return size > 0 ? [{ what: `平台返回的${what}中缺少必要字段的`, size, cause: 'skipped' }] : [];
}

function within(at: number | undefined, { from, to }: DateRange): boolean {
  return at !== undefined && at >= from.getTime() && at < to.getTime();
}
