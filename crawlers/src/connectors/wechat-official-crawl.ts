/**
 * In: a run of a wechat-official source. Out: its pages: articles, statistics, comments with the office's replies, and what is missing.
 * Called by: wechat-official.
 */
import type { RawItem } from '@minsheng/contracts';
import type { Engagement, Gap, Gone, Page } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { officeDay, officeHour, officeTime, secondsToOfficeMidnight } from '../parse/dates.ts';
import { listOf, shaped, sift } from '../parse/wire.ts';
import { HoleBook } from './holes.ts';
import { DAY_QUOTA, NO_COMMENTS, NOT_READY, WechatApi } from './wechat-api.ts';
import { Cursor, type Article, type Run } from './wechat-official-settings.ts';
import {
  Comment,
  CommentList,
  Detail,
  nameOf,
  Publication,
  publicUrl,
  Published,
  Reply,
  Statistic,
  Statistics,
} from './wechat-official-wire.ts';
import { authorOf } from './wechat-push.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ARTICLES = 20;
/** 50 is refused by one of the platform's two texts; 49 by none. */
const COMMENTS = 49;
const ARTICLES_KEPT = 500;
/** Ids of a pass that are remembered, so that a list which shifts between two pages brings nothing twice. */
const IDS_KEPT = 200;
/** All comments of an article are read again this often: replies and edits reach old ones. */
const FULL_EVERY = DAY;
/** A function that an account lacks is asked for again after this. */
const ASK_AGAIN = 7 * DAY;
/** The first day of the statistics that still answer, and how long an article has them. */
const STATISTICS_SINCE = '2025-11-01';
const STATISTICS_DAYS = 30;
const STATISTICS_FROM_HOUR = 8;

export function apiOf(run: Run): WechatApi {
  const { http, signal, settings, credentials } = run;
  return new WechatApi({ baseUrl: settings.baseUrl, ...credentials, http, signal, now: () => run.now() });
}

export class OfficialCrawl {
  private readonly api: WechatApi;
  private readonly state: Cursor;
  private readonly holes: HoleBook;

  constructor(private readonly run: Run) {
    this.api = apiOf(run);
    this.state = run.cursor ?? Cursor.parse({ since: 0, articles: [] } satisfies Partial<Cursor>);
    this.holes = new HoleBook(this.state, run.now().getTime());
  }

  private get now(): number {
    return this.run.now().getTime();
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /** The daily quota of one endpoint ends its step until midnight, not the run. */
  async *leniently(step: string, what: string, pages: AsyncGenerator<Page<Cursor>>): AsyncGenerator<Page<Cursor>> {
    const { exhausted } = this.state;
    if ((exhausted[step] ?? 0) <= this.now) {
      delete exhausted[step];
      try {
        yield* pages;
        return;
      } catch (error) {
        if (!(error instanceof ConnectorError) || error.details.code !== DAY_QUOTA) throw error;
        exhausted[step] = this.now + secondsToOfficeMidnight(this.run.now()) * 1000;
      }
    }
    yield this.page({ gaps: [{ what: `${what}接口当日次数已用完，次日继续`, cause: 'platform-limit' }] });
  }

  /** Newest first. The place in the list is stored with every page, so a killed pass goes on where it was. */
  async *articles(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    // A back-fill reads the list once; killed after that, it goes on with the comments.
    if (run.range !== undefined && state.pass === null && state.since > 0) return;
    const first = state.since === 0;
    const oldest =
      run.range !== undefined
        ? run.range.from.getTime() / 1000
        : first
          ? (this.now - run.settings.days * DAY) / 1000
          : state.since;
    const pass = (state.pass ??= { offset: 0, total: 0, newest: state.since, edge: [...state.edge], ids: [] });
    for (;;) {
      if (run.signal.aborted) return;
      const list = shaped(
        Published,
        await this.api.post('/cgi-bin/freepublish/batchget', { offset: pass.offset, count: ARTICLES, no_content: 0 }),
        '微信文章列表接口',
      );
      const { good, broken } = sift(Publication, list.item);
      const items: RawItem[] = [];
      const gone: Gone[] = [];
      let reached = listOf(list.item).length === 0;
      const here = new Set<string>();
      for (const entry of good) {
        const { article_id: publication, update_time: at } = entry;
        if (here.has(publication)) continue;
        here.add(publication);
        if (at < oldest) reached = true;
        const stored = at === state.since && state.edge.includes(publication);
        if (at < oldest || stored || pass.ids.includes(publication)) continue;
        if (at > pass.newest) Object.assign(pass, { newest: at, edge: [] });
        if (at === pass.newest) pass.edge.push(publication);
        this.take(entry, items, gone);
      }
      // What was removed since the last page has moved the rest up; going back as far costs nothing but known entries.
      const removed = pass.offset > 0 ? Math.max(0, pass.total - list.total_count) : 0;
      pass.offset = Math.max(0, pass.offset + here.size + broken - removed);
      pass.total = list.total_count;
      pass.ids = [...pass.ids, ...here].slice(-IDS_KEPT);
      const end = reached || pass.offset >= list.total_count;
      if (end) Object.assign(state, { since: pass.newest, edge: pass.edge, pass: null });
      this.forgetOld();
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的文章中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      this.holes.note(gaps);
      yield this.page({ items, gone, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private take(entry: Publication, items: RawItem[], gone: Gone[]): void {
    const { range } = this.run;
    const at = entry.content.create_time ?? entry.update_time;
    if (range !== undefined && (at * 1000 >= range.to.getTime() || at * 1000 < range.from.getTime())) return;
    entry.content.news_item.forEach((news, i) => {
      const { id, place } = nameOf(news.url, `${entry.article_id}_${i + 1}`);
      if (news.is_deleted) {
        gone.push({ platform: 'wechat', kind: 'post', id, state: 'deleted' });
        return;
      }
      const text = news.content ?? '';
      items.push({
        platform: 'wechat',
        kind: 'post',
        id,
        account: this.run.settings.accountName,
        publishedAt: officeTime(at * 1000),
        title: news.title.slice(0, 1000),
        text: text === '' ? news.digest || news.title : text,
        ...(news.url === '' ? {} : { url: publicUrl(news.url) }),
      });
      if (place !== undefined) this.follow(id, place, at);
    });
  }

  private follow(id: string, place: { msgDataId: string; index: number }, at: number): void {
    const { articles } = this.state;
    if (articles.some((a) => a.id === id)) return;
    articles.push({
      id,
      ...place,
      at,
      since: 0,
      checkedAt: 0,
      fullAt: 0,
      total: 0,
      hidden: 0,
      restricted: false,
      replied: [],
    });
  }

  /** Comments are followed for the days asked for; in a back-fill, for the range. */
  private forgetOld(): void {
    const { state, run } = this;
    const oldest = run.range?.from.getTime() ?? this.now - run.settings.days * DAY;
    state.articles = state.articles.filter((a) => a.at * 1000 >= oldest).slice(-ARTICLES_KEPT);
  }

  async *comments(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    if (state.commentsOffUntil > this.now) return;
    const under = state.commentPass?.id;
    const order = [...state.articles].sort((a, b) => Number(b.id === under) - Number(a.id === under) || b.at - a.at);
    for (const article of order) {
      if (this.run.signal.aborted) return;
      if (article.id !== under && !this.isDue(article)) continue;
      try {
        yield* this.commentsOf(article);
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        const code = Number(error.details.code);
        if (code === NO_COMMENTS) {
          Object.assign(state, { commentsOffUntil: this.now + ASK_AGAIN, commentPass: null });
          yield this.page({});
          return;
        }
        if (error.kind !== 'gone' && ![88002, 88011].includes(code)) throw error;
        Object.assign(article, { checkedAt: this.now, restricted: true });
        state.commentPass = null;
        yield this.page({});
      }
    }
  }

  /** On the first day with every run, then hourly, after three days four times a day. */
  private isDue(article: Article): boolean {
    const age = this.now - article.at * 1000;
    const every = age < DAY ? 1 : age < 3 * DAY ? HOUR : 6 * HOUR;
    return article.checkedAt === 0 || this.now - article.checkedAt >= every;
  }

  /**
   * Reads until as many new comments were found as the platform's count has grown, and all of them once a day: nothing here relies
   * on the order, which the platform does not promise.
   */
  private async *commentsOf(article: Article): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const { id, msgDataId, index } = article;
    if (state.commentPass?.id !== id) {
      const full = this.now - article.fullAt >= FULL_EVERY;
      state.commentPass = { id, begin: 0, total: 0, max: article.since, seen: 0, fresh: 0, full, ids: [] };
    }
    const pass = state.commentPass;
    for (;;) {
      const list = shaped(
        CommentList,
        await this.api.post('/cgi-bin/comment/list', {
          msg_data_id: Number(msgDataId),
          index,
          begin: pass.begin,
          count: COMMENTS,
          type: 0,
        }),
        '微信留言接口',
      );
      const { good, broken } = sift(Comment, list.comment);
      const here = new Map(good.map((c) => [c.user_comment_id, c]));
      const items: RawItem[] = [];
      for (const [number, comment] of here) {
        if (pass.ids.includes(number)) continue;
        pass.seen++;
        const fresh = !(Number(number) <= article.since);
        if (fresh) pass.fresh++;
        this.takeComment(article, comment, fresh || pass.full, items);
        pass.max = Math.max(pass.max, Number(number) || 0);
      }
      const removed = pass.begin > 0 ? Math.max(0, pass.total - list.total) : 0;
      pass.begin = Math.max(0, pass.begin + here.size + broken - removed);
      pass.total = list.total;
      pass.ids = [...pass.ids, ...here.keys()].slice(-IDS_KEPT);
      const all = here.size + broken === 0 || pass.begin >= list.total;
      const end = all || (!pass.full && pass.fresh >= list.total - article.total);
      if (end) {
        if (all) article.hidden = Math.max(0, list.total - pass.seen);
        if (all && pass.full) article.fullAt = this.now;
        Object.assign(article, { total: list.total, since: pass.max, checkedAt: this.now, restricted: false });
        state.commentPass = null;
      }
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的留言中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      yield this.page({ items, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private takeComment(article: Article, comment: Comment, take: boolean, items: RawItem[]): void {
    const { user_comment_id: number, openid } = comment;
    const { appid } = this.run.credentials;
    const id = `${article.id}_${number}`;
    if (take) {
      items.push({
        platform: 'wechat',
        kind: 'comment',
        id,
        parentId: article.id,
        ...(openid === undefined ? {} : { author: authorOf(appid, openid) }),
        publishedAt: officeTime(comment.create_time * 1000),
        text: comment.content,
        replyHandle: {
          platform: 'wechat',
          msgDataId: article.msgDataId,
          index: String(article.index),
          userCommentId: number,
        },
      });
    }
    const replies = listOf(Array.isArray(comment.reply) ? comment.reply : [comment.reply ?? null]);
    replies.forEach((given, i) => {
      const reply = Reply.safeParse(given);
      if (!reply.success || reply.data.content === '' || (!take && article.replied.includes(number))) return;
      items.push({
        platform: 'wechat',
        kind: 'comment',
        id: `${id}_reply${i === 0 ? '' : i}`,
        parentId: id,
        account: this.run.settings.accountName,
        publishedAt: officeTime(reply.data.create_time * 1000),
        text: reply.data.content,
      });
      if (!article.replied.includes(number)) article.replied.push(number);
    });
  }

  /**
   * Once a day after 08:00, per day of publication. Also the only place where mass-sent articles show: the list of published ones
   * leaves them out.
   */
  async *statistics(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    if (!run.settings.statistics || run.range !== undefined || state.statisticsOffUntil > this.now) return;
    if (officeHour(this.now) < STATISTICS_FROM_HOUR) return;
    const today = officeDay(this.now);
    const days = Array.from({ length: Math.min(run.settings.days, STATISTICS_DAYS) }, (_, i) =>
      officeDay(this.now - (i + 1) * DAY),
    ).filter((day) => day >= STATISTICS_SINCE);
    state.statistics = Object.fromEntries(Object.entries(state.statistics).filter(([day]) => days.includes(day)));
    for (const day of days) {
      if (run.signal.aborted) return;
      if (state.statistics[day] === today) continue;
      let answer: unknown;
      try {
        answer = await this.api.post('/datacube/getarticletotaldetail', { begin_date: day, end_date: day });
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        if (NOT_READY.includes(Number(error.details.code))) return;
        if (error.kind !== 'permission') throw error;
        state.statisticsOffUntil = this.now + ASK_AGAIN;
        yield this.page({});
        return;
      }
      const { list, is_delay: delayed } = shaped(Statistics, answer, '微信统计接口');
      if (!delayed) state.statistics[day] = today;
      yield this.statisticsOf(list);
    }
  }

  private statisticsOf(list: unknown): Page<Cursor> {
    const { good, broken } = sift(Statistic, list);
    const engagement: Engagement[] = [];
    const items: RawItem[] = [];
    for (const entry of good) {
      const newest = sift(Detail, entry.detail_list).good.sort((a, b) => (a.stat_date < b.stat_date ? 1 : -1))[0];
      const counters = {
        ...(newest === undefined
          ? {}
          : {
              likes: newest.like_user,
              comments: newest.comment_count,
              reposts: newest.share_user,
              reads: newest.read_user,
            }),
      };
      const [msgDataId = '', idx = '1'] = entry.msgid.split('_');
      const sent = entry.publish_type === 0 && !this.state.articles.some((a) => a.id === entry.msgid);
      if (!sent) {
        engagement.push({ platform: 'wechat', kind: 'post', id: entry.msgid, ...counters });
        continue;
      }
      const at = Date.parse(`${entry.ref_date}T00:00:00+08:00`) / 1000;
      items.push({
        platform: 'wechat',
        kind: 'post',
        id: entry.msgid,
        account: this.run.settings.accountName,
        publishedAt: officeTime(at * 1000),
        title: entry.title.slice(0, 1000),
        text: entry.title,
        ...(entry.content_url === '' ? {} : { url: publicUrl(entry.content_url) }),
        ...counters,
      });
      this.follow(entry.msgid, { msgDataId, index: Number(idx) - 1 }, at);
    }
    const gaps: Gap[] = [];
    if (items.length > 0)
      gaps.push({ what: '群发的文章只取得标题和统计（平台不提供正文）', size: items.length, cause: 'platform-limit' });
    if (broken > 0) gaps.push({ what: '平台返回的统计中缺少必要字段的', size: broken, cause: 'skipped' });
    return this.page({ items, engagement, gaps, expected: items.length });
  }

  /** Holes that stay open from run to run are named with every run. */
  async *summary(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const gaps = [...this.holes.ofEarlierRuns()];
    const restricted = state.articles.filter((a) => a.restricted).length;
    if (restricted > 0)
      gaps.push({ what: '被平台限制或已撤下、读不到留言的文章', size: restricted, cause: 'platform-limit' });
    const hidden = state.articles.reduce((sum, a) => sum + a.hidden, 0);
    if (hidden > 0) gaps.push({ what: '平台计数中有、接口没有给出的读者留言', size: hidden, cause: 'unknown' });
    if (state.commentsOffUntil > this.now)
      gaps.push({ what: '这个公众号没有开通留言功能，只能采集文章', cause: 'platform-limit' });
    if (state.statisticsOffUntil > this.now)
      gaps.push({ what: '这个公众号没有数据统计接口权限，没有阅读数', cause: 'platform-limit' });
    if (gaps.length > 0) yield this.page({ gaps });
  }
}
