/**
 * In: the address of a list page of a government website. Out: its articles with title, time, text and attachments.
 * Source: page labels of 国办发〔2017〕47号, the common TRS publishing system. Called by: the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineConnector, type Gap, type Page, type RunContext } from '../connector.ts';
import { Blocked, ConnectorError, LayoutChanged } from '../errors.ts';
import { htmlToText } from '../parse/html.ts';
import { isSelector, listEntries, nextPage, parsePage, readArticle, type ListEntry } from '../parse/gov-page.ts';
import { HoleBook, Holes } from './holes.ts';
import { allowPrivateNetwork } from './settings-fields.ts';

/** Articles that are fetched before they are stored together. */
const BATCH = 5;
const SEEN_KEPT = 3000;
const BACKFILL_PAGES = 500;
/** With so many runs a page is tried before it is given up: one that will not open, is gone though listed, or shows no text. */
const TRIES = { closed: 5, gone: 2, bodiless: 3 };
type Trouble = keyof typeof TRIES;
const WAITING = '暂时打不开或没有正文、下次再试的文章';
/** So many runs may end at the same later list page before the list is taken to end there. */
const STUCK = 3;
/** How often the list pages of a pass are looked through again while each time an article had slipped between two of them. */
const WALKS = 4;
const DAY = 86_400_000;
/** A page without words whose script sets a cookie first: Knownsec's and Ruishu's walls. */
const SCRIPT_WALL = /document\.cookie|jsl_clearance|\$_ts\b/iu;
const FEWEST_WORDS = 10;

const selector = z.string().trim().max(200).refine(isSelector, '不是有效的 CSS 选择器');
const Settings = z.object({
  url: z
    .url({ protocol: /^https?$/u })
    .meta({ title: '栏目列表页地址', description: '如“工作动态”“通知公告”的列表页' }),
  accountName: z.string().min(1).max(80).meta({ title: '网站名称' }),
  pages: z
    .number()
    .int()
    .min(1)
    .max(200)
    .default(3)
    .meta({ title: '首次翻页数', advanced: true, description: '第一次采集读几页列表；之后按需翻页，直到接上' }),
  itemSelector: selector
    .optional()
    .meta({ title: '列表项选择器', advanced: true, description: '一般不填；识别不对时填写，如 .news-list li' }),
  contentSelector: selector
    .optional()
    .meta({ title: '正文选择器', advanced: true, description: '一般不填，如 .TRS_Editor' }),
  titleSelector: selector.optional().meta({ title: '标题选择器', advanced: true, description: '一般不填' }),
  dateSelector: selector.optional().meta({ title: '时间选择器', advanced: true, description: '一般不填' }),
  respectRobots: z
    .boolean()
    .default(true)
    .meta({ title: '遵守 robots.txt', advanced: true, description: '建议保持打开' }),
  allowPrivateNetwork,
});
const Cursor = z.object({
  /** Articles that are stored, each with the pass that brought it, oldest first. */
  seen: z.array(z.tuple([z.string(), z.number()])),
  /** The pass under way: its number, the list page it is on, how many pages it has read, and how often it stuck there. */
  pass: z
    .object({
      number: z.number(),
      url: z.string(),
      read: z.number(),
      stuck: z.number(),
      /** It met an article of an earlier pass: nothing lies between them. */
      joined: z.boolean().default(true),
      /** The pages it read are looked through once more: which time this is, how many they were, and what was found on them. */
      walk: z.number().default(0),
      depth: z.number().default(0),
      found: z.number().default(0),
    })
    .nullable(),
  passes: z.number(),
  /** The list once had entries, and articles once had a body: their lack is then a change. */
  hadList: z.boolean(),
  /** The latest day seen beside an entry of the list. */
  newestDay: z.string(),
  hadContent: z.boolean(),
  /** Articles whose page would not open, and how often it was tried. */
  pending: z.array(z.object({ url: z.string(), title: z.string(), date: z.string().optional(), tries: z.number() })),
  holes: Holes.default([]),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, Record<string, never>, Cursor>;

export const govSite = defineConnector({
  kind: 'gov-site',
  platform: 'site',
  manual: {
    name: '政府网站栏目',
    brings:
      '栏目列表里的文章：标题、发布时间、来源、正文和附件链接（附件内容不下载）。只有日期没有钟点的，按当日零点记。文章发布后的修改不会再次采集。',
    needs:
      '列表页地址即可，多数网站不必填写选择器。无需账号；遵守对方的 robots.txt，对方不允许时须与网站管理单位商定。遇到人机验证即停止，不绕过。',
    cost: '每次运行 1 次请求看列表，每篇新文章 1 次；新文章多于一页时，每页列表再加 2 次（读完再核对一遍，防止翻页时有文章移位漏掉）。同一网站至少间隔 1 秒，对方另有要求的从其要求。',
    cannot: '附件内容、发布后的修改、只由脚本填充的栏目采不到；需要登录或人机验证的网站不采集。',
    requestsPerItem: { firstRead: 1.1 },
  },
  settings: Settings,
  credentials: z.object({}),
  cursor: Cursor,
  defaultIntervalSeconds: 1800,
  backfill: '沿列表“下一页”逐页补采，网站保留多久就能补多久。',

  async probe(run) {
    const list = await readList(run, run.settings.url);
    const [newest] = list.entries;
    if (newest === undefined) throw nothingFound(false);
    const { item } = await fetchArticle(run, newest);
    const words = item === undefined || item.text === '' ? '，但没有识别出正文，请填写正文选择器' : '';
    return `连接正常，列表有 ${list.entries.length} 篇，最近一篇《${newest.title}》${words}。`;
  },

  async *crawl(run) {
    const { url, accountName } = run.settings;
    run.account({ platform: 'site', nativeId: `${new URL(url).host}:${accountName}`, name: accountName });
    const crawl = new Crawl(run);
    yield* crawl.pages();
    yield* crawl.summary();
  },
});

class Crawl {
  private readonly state: Cursor;
  private readonly seen: Map<string, number>;
  private readonly holes: HoleBook;

  constructor(private readonly run: Run) {
    this.state = run.cursor ?? {
      seen: [],
      pass: null,
      passes: 0,
      hadList: false,
      newestDay: '',
      hadContent: false,
      pending: [],
      holes: [],
    };
    this.seen = new Map(this.state.seen);
    this.holes = new HoleBook(this.state, run.now().getTime());
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    this.state.seen = [...this.seen].slice(-SEEN_KEPT);
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /**
   * Newest first, until a list page ends with an article that an earlier pass brought: one that is pinned to the top does not end it. Every
   * few articles are stored with the place in the list, so a killed pass fetches at most those again. List pages are counted from the newest
   * article: one that is published meanwhile makes two pages overlap, one that is withdrawn lets another slip from a page not yet read to one
   * that was. So the list pages of a pass over several are looked through again until nothing new is on them.
   */
  async *pages(): AsyncGenerator<Page<Cursor>> {
    const { run, state, seen } = this;
    const first = seen.size === 0 || state.passes === 0;
    const limit =
      run.range !== undefined ? BACKFILL_PAGES : first ? run.settings.pages : Math.max(50, run.settings.pages);
    const gaps: Gap[] = [];
    for (const again of [...state.pending]) {
      state.pending = state.pending.filter((p) => p !== again);
      const { url, title, date, tries } = again;
      yield await this.batch([{ url, title, date }], gaps, tries);
    }
    const begin = { url: run.settings.url, read: 0, stuck: 0, found: 0 };
    const pass = (state.pass ??= { number: state.passes + 1, ...begin, joined: false, walk: 0, depth: 0 });
    for (;;) {
      if (run.signal.aborted) return;
      let list: Awaited<ReturnType<typeof readList>>;
      try {
        list = await readList(run, pass.url);
        const foreign = pass.read === 0 && this.isAnotherList(list.entries);
        if (list.entries.length === 0 || foreign) throw nothingFound(state.hadList);
      } catch (error) {
        if (pass.read === 0 || !(error instanceof ConnectorError) || !['config', 'layout-changed'].includes(error.kind))
          throw error;
        // A site may count one page too many: what is newer must not wait for it for ever.
        const given = ++pass.stuck >= STUCK;
        if (given) Object.assign(state, { passes: pass.number, pass: null });
        if (given) gaps.push({ what: '列表的后续页打不开，更早的文章没有采集', cause: 'unknown' });
        this.holes.note(gaps);
        yield this.page({ gaps });
        if (given) return;
        throw error;
      }
      const { entries } = list;
      state.hadList = true;
      for (const { date = '' } of entries) if (date.slice(0, 10) > state.newestDay) state.newestDay = date.slice(0, 10);
      const known = (entry: ListEntry) => (seen.get(idOf(entry.url)) ?? pass.number) < pass.number;
      const last = entries.at(-1);
      const caughtUp = last !== undefined && known(last);
      pass.joined ||= entries.some(known);
      const wanted = entries.filter((entry) => !seen.has(idOf(entry.url)) && this.mayBeInRange(entry));
      pass.found += wanted.length;
      gaps.length = 0;
      for (let from = 0; from < wanted.length; from += BATCH) {
        if (run.signal.aborted) return;
        yield await this.batch(wanted.slice(from, from + BATCH), gaps);
        gaps.length = 0;
      }
      pass.read++;
      const older = run.range !== undefined && entries.length > 0 && entries.every((e) => isBefore(e, run.range?.from));
      const { next } = list;
      const more = next !== undefined && (pass.walk > 0 ? pass.read < pass.depth : !caughtUp && !older);
      const end = !more || (pass.walk === 0 && pass.read >= limit);
      if (end && pass.walk === 0 && !first) {
        if (more) gaps.push({ what: '列表翻页达到上限，更早的文章没有采集，可用补采', cause: 'platform-limit' });
        else if (next === undefined && !pass.joined && run.range === undefined)
          gaps.push({ what: '列表与上次采集的接不上，其间可能有文章已滑出列表', cause: 'platform-limit' });
      }
      const depth = pass.walk === 0 ? pass.read : pass.depth;
      const moved = end && depth > 1 && (pass.walk === 0 || pass.found > 0);
      const again = moved && pass.walk < WALKS;
      if (moved && !again) gaps.push({ what: '列表在读取时不断变动，可能有文章没有读到', cause: 'unknown' });
      this.holes.note(gaps);
      if (again) Object.assign(pass, begin, { walk: pass.walk + 1, depth });
      else if (end) Object.assign(state, { passes: pass.number, pass: null });
      else Object.assign(pass, { url: next ?? pass.url, stuck: 0 });
      yield this.page({ gaps });
      if (end && !again) return;
    }
  }

  /** A list of which nothing is known and that is older than what was there: a side column that a redesign left over. */
  private isAnotherList(entries: readonly ListEntry[]): boolean {
    const { hadList, newestDay } = this.state;
    const known = ({ url, date = '9' }: ListEntry) => this.seen.has(idOf(url)) || date.slice(0, 10) >= newestDay;
    return hadList && !entries.some(known);
  }

  async *summary(): AsyncGenerator<Page<Cursor>> {
    const gaps = this.holes.ofEarlierRuns();
    if (gaps.length > 0) yield this.page({ gaps });
  }

  private mayBeInRange(entry: ListEntry): boolean {
    const { range } = this.run;
    if (range === undefined || entry.date === undefined) return true;
    const at = timeOf(entry.date);
    // A date alone is midnight: the article may be as late as the end of that day.
    return at < range.to.getTime() && at + DAY > range.from.getTime();
  }

  private async batch(entries: readonly ListEntry[], gaps: Gap[], tries = 0): Promise<Page<Cursor>> {
    const { run, state, seen } = this;
    const { range } = run;
    const items: RawItem[] = [];
    const count = { closed: 0, gone: 0, bodiless: 0, undated: 0 };
    const again: ListEntry[] = [];
    const errors: ConnectorError[] = [];
    let bodiless = 0;
    for (const entry of entries) {
      const { item, trouble, error } = await this.fetch(entry);
      if (error !== undefined) errors.push(error);
      if (trouble === 'bodiless') bodiless++;
      else if (trouble === undefined) state.hadContent = true;
      // A site that never showed a text has none to wait for.
      const waits = trouble !== undefined && (trouble !== 'bodiless' || state.hadContent) && tries + 1 < TRIES[trouble];
      if (waits) {
        again.push(entry);
        continue;
      }
      if (trouble !== undefined) count[trouble]++;
      if (trouble === 'closed' || trouble === 'gone') continue;
      if (item === undefined) {
        count.undated++;
        continue;
      }
      const at = Date.parse(item.publishedAt);
      if (range === undefined || (at >= range.from.getTime() && at < range.to.getTime())) items.push(item);
    }
    // One page that will not open must not keep the others back; when none opens, the site is down.
    if (errors.length > 1 && errors.length === entries.length) throw errors[0];
    if (bodiless > 1 && bodiless === entries.length && state.hadContent)
      throw new LayoutChanged(
        '文章页里找不到正文了，以前能找到，很可能网站已改版。已保存到上一页。请打开网站核对，并在采集源中更新正文选择器。',
      );
    for (const { url } of entries) seen.set(idOf(url), state.pass?.number ?? state.passes);
    for (const { url, title, date } of again)
      state.pending.push({ url, title, ...(date === undefined ? {} : { date }), tries: tries + 1 });
    const named: [number, string, Gap['cause']][] = [
      [count.bodiless, '没有识别出正文、只有标题的文章', 'truncated'],
      [count.undated, '没有发布时间、无法入库的文章', 'skipped'],
      [count.gone, '列表中有、打开已不存在的文章', 'deleted'],
      [count.closed, '多次打不开、没有采集到的文章', 'unknown'],
      [again.length, WAITING, 'unknown'],
    ];
    const found = named.flatMap(([size, what, cause]) => (size > 0 ? [{ what, size, cause }] : []));
    // What waits is named anew by the run that tries it again; texts cut off add up by themselves.
    this.holes.note(found.filter(({ what, cause }) => what !== WAITING && cause !== 'truncated'));
    return this.page({ items, gaps: [...gaps.splice(0), ...found], expected: entries.length - count.gone });
  }

  private async fetch(entry: ListEntry): Promise<Fetched & { error?: ConnectorError }> {
    try {
      return await fetchArticle(this.run, entry);
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.kind !== 'unreachable' || !((error.details.status ?? 0) >= 500))
        throw error;
      return { item: undefined, trouble: 'closed', error };
    }
  }
}

function nothingFound(hadList: boolean): LayoutChanged {
  return new LayoutChanged(
    hadList
      ? '列表页里找不到文章了，以前能找到，很可能网站已改版。没有采集，以前的都保留。请打开网站核对，并在采集源中更新地址或列表项选择器。'
      : '在这个页面里没有识别出文章列表，没有采集。请核对地址是否是栏目列表页，或填写列表项选择器。',
  );
}

async function readList(run: Run, url: string): Promise<{ entries: ListEntry[]; next: string | undefined }> {
  const answer = await ask(run, url);
  if (answer.status === 404 || answer.status === 410)
    throw new ConnectorError('config', `列表页不存在（HTTP ${answer.status}）。请核对地址，网站可能已调整栏目。`, {
      status: answer.status,
    });
  const document = parsePage(answer.text);
  const entries = listEntries(document, answer.url, { item: run.settings.itemSelector });
  return { entries, next: nextPage(document, answer.text, answer.url) };
}

async function ask(run: Run, url: string) {
  const answer = await run.http.request({ url, signal: run.signal });
  const { status } = answer;
  if (status === 401 || status === 403)
    throw new ConnectorError('permission', `对方网站不允许读取这个页面（HTTP ${status}）。请与网站管理单位商定。`, {
      status,
    });
  if (status >= 400 && status !== 404 && status !== 410)
    throw new ConnectorError('unreachable', `对方网站返回 HTTP ${status}，稍后自动重试。`, { status });
  if (status < 400 && SCRIPT_WALL.test(answer.text) && htmlToText(answer.text).length < FEWEST_WORDS)
    throw new Blocked('对方网站要求先运行脚本验证，已停止采集这个源。请与网站管理单位商定，勿尝试绕过。', { status });
  if (answer.text.trim() === '')
    throw new ConnectorError('unreachable', '对方网站返回了空白页，没有读取，稍后自动重试。', { status });
  return answer;
}

interface Fetched {
  item: RawItem | undefined;
  trouble?: Trouble;
}

async function fetchArticle(run: Run, entry: ListEntry): Promise<Fetched> {
  const { settings } = run;
  const answer = await ask(run, entry.url);
  if (answer.status >= 400) return { item: undefined, trouble: 'gone' };
  const document = parsePage(answer.text);
  const article = readArticle(document, answer.url, {
    content: settings.contentSelector,
    title: settings.titleSelector,
    date: settings.dateSelector,
  });
  const date = article.date ?? entry.date;
  const trouble = article.content === undefined ? { trouble: 'bodiless' as const } : {};
  if (date === undefined) return { item: undefined, ...trouble };
  const title = article.title || entry.title;
  const from =
    article.source === undefined || article.source === settings.accountName
      ? ''
      : `<p>来源：${plain(article.source)}</p>`;
  const files = article.attachments.map(({ name, url }) => `<p>附件：${plain(name)} ${plain(url)}</p>`).join('');
  const item: RawItem = {
    platform: 'site',
    kind: 'post',
    id: idOf(entry.url),
    account: settings.accountName,
    publishedAt: `${date.replace(' ', 'T')}${date.length === 10 ? 'T00:00:00' : date.length === 16 ? ':00' : ''}+08:00`,
    title: title.slice(0, 1000),
    text: (article.content ?? plain(title)) + from + files,
    url: entry.url.slice(0, 2000),
  };
  return { item, ...trouble };
}

function plain(given: string): string {
  return given.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function timeOf(date: string): number {
  return Date.parse(`${date.slice(0, 10)}T00:00:00+08:00`);
}

function isBefore(entry: ListEntry, from: Date | undefined): boolean {
  return entry.date !== undefined && from !== undefined && timeOf(entry.date) + DAY <= from.getTime();
}

/** The address without its scheme: a site that moves to https keeps its articles. */
export function idOf(url: string): string {
  const { host, pathname, search } = new URL(url);
  const id = host + pathname + search;
  return id.length > 200 ? createHash('sha256').update(id).digest('hex') : id;
}
