import type { RawItem } from '@minsheng/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToText } from '../parse/html.ts';
import { dateIn, dateInAddress, labelsOf, listEntries, nextPage, parsePage, readArticle } from '../parse/gov-page.ts';
import type { FaultKind } from '../replay/faults.ts';
import type { GovColumn, GovOptions } from '../replay/gov-site.ts';
import { at, contextOf, crawl, serve } from '../testing/crawl.ts';
import { govSite } from './gov-site.ts';

const SITE = '澜江市政府网';

function article(n: number, minutesAgo = 40_000 - n * 500, extra: Partial<RawItem> = {}): RawItem {
  return {
    platform: 'site',
    kind: 'post',
    id: `g${n}`,
    account: SITE,
    publishedAt: at(minutesAgo),
    title: `关于做好第 ${n} 号片区供水管网改造工作的通知`,
    text: `各有关单位：第 ${n} 号片区将于近日施工。\n请提前做好储水准备。`,
    ...extra,
  };
}

const WAITING = { what: '暂时打不开或没有正文、下次再试的文章', size: 1, cause: 'unknown' };

const list = (count: number) => Array.from({ length: count }, (_, n) => article(n));
const COLUMN: GovColumn = { name: 'gzdt', title: '工作动态', platform: 'site' };
const start = (items: RawItem[], column: Partial<GovColumn> = {}, gov: GovOptions = {}, options = {}) =>
  serve({ items, siteName: SITE, gov: { columns: [{ ...COLUMN, ...column }], ...gov }, ...options });
type Server = Awaited<ReturnType<typeof start>>;
const given = (server: Server, settings: object = {}) => ({
  settings: { url: `${server.url}/gov/gzdt/index.html`, accountName: SITE, pages: 50, ...settings },
});
const served = (server: Server) =>
  [...server.store.ledger()].map((row) => server.govId('gzdt', row.rawId) ?? '').sort();
const ids = (items: readonly RawItem[]) => items.map((i) => i.id).sort();

describe('gov-site', () => {
  it.each(['trs', 'links'] as const)('brings every article of a %s site, wherever it was killed', async (paging) => {
    const server = await start(list(43), { paging, window: 15 });
    const whole = await crawl(govSite, given(server));
    expect(whole.error).toBeUndefined();
    expect(ids(whole.items)).toEqual(served(server));
    expect(whole.gaps).toEqual([]);
    expect(whole.items.find((i) => i.title?.includes('第 7 号'))).toMatchObject({
      kind: 'post',
      account: SITE,
      publishedAt: at(36_500),
      title: '关于做好第 7 号片区供水管网改造工作的通知',
    });
    for (let killedAfter = 1; killedAfter < whole.pages.length; killedAfter++) {
      const first = await crawl(govSite, given(server), undefined, killedAfter);
      const second = await crawl(govSite, given(server), first.cursor);
      expect(ids([...first.items, ...second.items])).toEqual(served(server));
    }
    const again = await crawl(govSite, given(server), whole.cursor);
    expect(again).toMatchObject({ items: [], gaps: [], requests: 1 });
  });

  it('catches up over several pages after a silence, and stops where it knows the list', async () => {
    const server = await start(list(60), { window: 10, quirks: ['pinned'] });
    const run = await crawl(govSite, given(server));
    for (let n = 100; n < 125; n++) server.store.add(article(n, 200 - n));
    const late = await crawl(govSite, given(server), run.cursor);
    expect(late.items.length).toBe(25);
    // Three list pages, looked through once more.
    expect(late.requests).toBe(25 + 3 + 3);
  });

  /** What somebody at the site does between our requests: after so many list pages were asked for. */
  async function meanwhile(change: (server: Server) => void, after: number, settings = {}, cursor?: unknown) {
    let lists = 0;
    let changed = false;
    const server: Server = await start(
      list(40),
      { window: 10 },
      {},
      {
        onTime: () => {
          lists = [...(server?.requests ?? [])].reduce(
            (n, [path, times]) => n + (/\/gzdt\/(?:index(?:_\d+)?\.html)?$/u.test(path) ? times : 0),
            0,
          );
          if (changed || lists <= after) return;
          changed = true;
          change(server);
        },
      },
    );
    return { server, run: await crawl(govSite, given(server, settings), cursor), changed: () => changed };
  }

  it.each([1, 2, 3])('loses nothing when articles are withdrawn after list page %d was read', async (after) => {
    const { server, run, changed } = await meanwhile((s) => {
      // Three of the newest go: three others slip up from a page not yet read to one that was.
      for (const n of [39, 38, 37]) Object.assign(s.store.post('site', `g${n}`) ?? {}, { state: 'restricted' });
    }, after);
    expect(changed()).toBe(true);
    expect(run.error).toBeUndefined();
    const still = [...server.store.ledger()].filter((r) => !['g39', 'g38', 'g37'].includes(r.rawId));
    const brought = new Set(run.items.map((i) => i.id));
    for (const { rawId } of still) expect(brought.has(server.govId('gzdt', rawId) ?? ''), rawId).toBe(true);
    expect(brought.size).toBe(run.items.length);
    expect((await crawl(govSite, given(server), run.cursor)).items).toEqual([]);
  });

  it.each([1, 2, 3])('brings each once when articles are published after list page %d was read', async (after) => {
    const { server, run } = await meanwhile((s) => {
      for (let n = 100; n < 113; n++) s.store.add(article(n, 200 - n));
    }, after);
    const next = await crawl(govSite, given(server), run.cursor);
    expect(ids([...run.items, ...next.items])).toEqual(served(server));
  });

  it('goes on after a kill although the list moved both ways meanwhile', async () => {
    const server = await start(list(40), { window: 10 });
    const first = await crawl(govSite, given(server), undefined, 5);
    for (const n of [39, 38, 37, 36]) Object.assign(server.store.post('site', `g${n}`) ?? {}, { state: 'restricted' });
    server.store.add(article(100, 100));
    const second = await crawl(govSite, given(server), first.cursor);
    const third = await crawl(govSite, given(server), second.cursor);
    const all = ids([...first.items, ...second.items, ...third.items]);
    expect(new Set(all).size).toBe(all.length);
    const gone = new Set([39, 38, 37, 36].map((n) => server.govId('gzdt', `g${n}`)));
    for (const id of served(server)) if (!gone.has(id)) expect(all).toContain(id);
  });

  it('names a list that no longer joins what was read before', async () => {
    const server = await start(list(8), { window: 10 });
    const run = await crawl(govSite, given(server));
    for (let n = 0; n < 8; n++) Object.assign(server.store.post('site', `g${n}`) ?? {}, { state: 'restricted' });
    for (let n = 100; n < 110; n++) server.store.add(article(n, 200 - n));
    const late = await crawl(govSite, given(server), run.cursor);
    expect(late.items.length).toBe(10);
    expect(late.gaps).toEqual([{ what: '列表与上次采集的接不上，其间可能有文章已滑出列表', cause: 'platform-limit' }]);
  });

  it('keeps characters of four bytes in GB 18030 that only a meta element tells of', async () => {
    const text = '𠮷祥村𡒄路供水抢修已完成，请居民放心用水。';
    const server = await start([article(1, 90, { title: '关于𠮷祥村供水的通知', text })], { quirks: ['gb18030'] });
    const [item] = (await crawl(govSite, given(server))).items;
    expect(item?.title).toBe('关于𠮷祥村供水的通知');
    expect(htmlToText(item?.text ?? '')).toContain(text);
  });

  it('keeps text and names attachments', async () => {
    const server = await start([article(1, 90, { account: '澜江市水务局' })]);
    const [item] = (await crawl(govSite, given(server))).items;
    const text = htmlToText(item?.text ?? '');
    expect(text).toMatch(/第 1 号片区将于近日施工。\n+请提前/u);
    expect(text).toMatch(/附件：附件1：申请表\.pdf http:\/\/127\.0\.0\.1:\d+\/gov\/gzdt\/\d{6}\/P020\.pdf/u);
    expect(text).toContain('来源：澜江市水务局');
  });

  it.each([
    ['gbk'],
    ['gb18030'],
    ['lying-charset'],
    ['untidy-labels'],
    ['date-only'],
    ['twelve-hour'],
    ['pinned'],
  ] as const)('reads through %s', async (quirk) => {
    const server = await start(list(12), { quirks: [quirk] });
    const run = await crawl(govSite, given(server));
    expect(run.error).toBeUndefined();
    expect(run.items.map((i) => i.title).sort()).toEqual(
      list(12)
        .map((i) => i.title)
        .sort(),
    );
    expect(run.items.map((i) => i.publishedAt).sort()).toEqual(
      list(12)
        .map((i) => i.publishedAt)
        .sort(),
    );
  });

  it('reads title and date of a 政府信息公开 table', async () => {
    const server = await start(list(3), { quirks: ['disclosure-table'] });
    const run = await crawl(govSite, given(server));
    expect(run.items.map((i) => i.title).sort()).toEqual(list(3).map((i) => i.title));
    expect(run.items.map((i) => i.publishedAt).sort()).toEqual(
      list(3)
        .map((i) => `${i.publishedAt.slice(0, 10)}T00:00:00+08:00`)
        .sort(),
    );
  });

  it('names every attachment once: relative, in a box of its own, behind a download page, with a name in Chinese', () => {
    const html = `<div class="TRS_Editor"><p>${'各有关单位：请按时报送。'.repeat(5)}</p>
      <p><a href="./P020260719.pdf">附件1：申请表</a> <a href="/files/%E5%90%8D%E5%8D%95.xlsx"></a>
      <a href="P020260719.pdf">下载</a> <a href="/down.jsp?id=7">附件2.docx</a> <a href="/gov/other.html">相关文章</a>
      <a href="javascript:void(0)">打印.pdf</a></p></div>
      <ul id="fujianList"><li><a href="https://files.example.gov.cn/a.OFD?v=2">公告原文</a></li></ul>
      <div class="footer"><a href="/map.pdf">网站地图</a></div>`;
    const { attachments } = readArticle(
      parsePage(`<html><body>${html}</body></html>`),
      'http://a.gov.cn/gov/202607/t1.html',
    );
    expect(attachments).toEqual([
      { name: '附件1：申请表', url: 'http://a.gov.cn/gov/202607/P020260719.pdf' },
      { name: '名单.xlsx', url: 'http://a.gov.cn/files/%E5%90%8D%E5%8D%95.xlsx' },
      { name: '附件2.docx', url: 'http://a.gov.cn/down.jsp?id=7' },
      { name: '公告原文', url: 'https://files.example.gov.cn/a.OFD?v=2' },
    ]);
  });

  it('names articles that the list still shows and that are gone', async () => {
    const server = await start([...list(8), article(90, 50, { state: 'deleted' })]);
    const run = await crawl(govSite, given(server));
    expect(run.items.length).toBe(8);
    expect(run.gaps).toEqual([WAITING]);
    const sure = await crawl(govSite, given(server), run.cursor);
    expect(sure.gaps).toEqual([{ what: '列表中有、打开已不存在的文章', size: 1, cause: 'deleted' }]);
    const next = await crawl(govSite, given(server), sure.cursor);
    expect(next).toMatchObject({ requests: 1, gaps: sure.gaps });
  });

  it('puts a page that will not open aside, tries it five times, and then names it', async () => {
    const gov = { broken: ['g2'] };
    const server = await start(list(8), {}, gov);
    let run = await crawl(govSite, given(server));
    expect(run.error).toBeUndefined();
    expect(run.items.length).toBe(7);
    for (let n = 0; n < 3; n++) run = await crawl(govSite, given(server), run.cursor);
    expect(run.gaps).toEqual([WAITING]);
    run = await crawl(govSite, given(server), run.cursor);
    expect(run.gaps).toEqual([{ what: '多次打不开、没有采集到的文章', size: 1, cause: 'unknown' }]);
    expect((await crawl(govSite, given(server), run.cursor)).requests).toBe(1);
  });

  it('waits for a text that is not there at first, and then brings the title', async () => {
    const faults = { script: [{ fault: 'login-page' as const, path: '/gov/gzdt/2', nth: 4 }] };
    const server = await start(list(8), {}, {}, { faults });
    const run = await crawl(govSite, given(server));
    expect(run).toMatchObject({ items: { length: 7 }, gaps: [WAITING] });
    const later = await crawl(govSite, given(server), run.cursor);
    expect(later.items[0]?.text).toContain('TRS_Editor');
    expect(ids([...run.items, ...later.items])).toEqual(served(server));
  });

  it('brings an article whose page opens later', async () => {
    const gov: GovOptions = { broken: ['g2'] };
    const server = await start(list(8), {}, gov);
    const run = await crawl(govSite, given(server));
    gov.broken?.pop();
    expect(ids((await crawl(govSite, given(server), run.cursor)).items)).toEqual([server.govId('gzdt', 'g2')]);
  });

  it('does not wait for ever for a list page that is not there', async () => {
    const faults = { script: [{ fault: 'gone' as const, path: '/gov/gzdt/index_1', times: 3 }] };
    const server = await start(list(15), { window: 10 }, {}, { faults });
    let run = await crawl(govSite, given(server));
    for (let n = 0; n < 2; n++) run = await crawl(govSite, given(server), run.cursor);
    expect(run.gaps).toEqual([{ what: '列表的后续页打不开，更早的文章没有采集', cause: 'unknown' }]);
    server.store.add(article(90, 5));
    expect((await crawl(govSite, given(server), run.cursor)).items.length).toBe(1);
  });

  it('back-fills a range by paging, and stops behind it', async () => {
    const server = await start(list(80), { window: 10 });
    const range = { from: new Date(at(20_000)), to: new Date(at(10_000)) };
    const run = await crawl(govSite, { ...given(server), range });
    expect(run.items.length).toBe(20);
    // Seven list pages, looked through once more.
    expect(run.requests).toBeLessThanOrEqual(20 + 2 * 8);
  });

  it('tells a redesigned list, redesigned articles and a wrong address apart', async () => {
    const column: { quirks: GovColumn['quirks'] } = { quirks: [] };
    const live = {
      ...COLUMN,
      get quirks() {
        return column.quirks ?? [];
      },
    };
    const server = await serve({ items: list(6), siteName: SITE, gov: { columns: [live] } });
    const run = await crawl(govSite, given(server));
    column.quirks = ['redesigned'];
    const changed = await crawl(govSite, given(server), run.cursor);
    expect(changed.error).toMatchObject({ kind: 'layout-changed', message: expect.stringContaining('改版') });
    for (let n = 20; n < 25; n++) server.store.add(article(n, 60 - n));
    column.quirks = ['redesigned-articles'];
    const articles = await crawl(govSite, given(server), run.cursor);
    expect(articles.error).toMatchObject({ kind: 'layout-changed', message: expect.stringContaining('正文') });
    column.quirks = [];
    expect((await crawl(govSite, given(server), articles.cursor)).items.length).toBe(5);
    const page = await crawl(govSite, given(server, { url: `${server.url}/` }));
    expect(page.error).toMatchObject({ kind: 'layout-changed', message: expect.stringContaining('没有识别出') });
    expect((await crawl(govSite, given(server, { url: `${server.url}/gov/none/` }))).error).toMatchObject({
      kind: 'config',
    });
  });

  it.each([['script-wall'], ['script-wall-200']] as const)('stops at %s and never works around it', async (quirk) => {
    const server = await start(list(3), { quirks: [quirk] });
    const run = await crawl(govSite, given(server));
    expect(run).toMatchObject({ error: { kind: 'blocked' }, requests: 1 });
  });

  it.each([
    ['open', undefined],
    ['missing', undefined],
    ['moved', undefined],
    ['broken', 'retry-after'],
    ['closed', 'permission'],
  ] as const)('respects a robots.txt that is %s', async (robots, kind) => {
    const server = await start(list(3), {}, { robots });
    const run = await crawl(govSite, { ...given(server), respectRobots: true });
    expect(run.error?.kind).toBe(kind);
    expect(run.items.length).toBe(kind === undefined ? 3 : 0);
    if (kind !== undefined) expect([...server.requests.keys()]).toEqual(['/robots.txt']);
  });

  it.each<[FaultKind, string | undefined]>([
    ['connection-reset', undefined],
    ['half-body', undefined],
    ['truncated-gzip', undefined],
    ['slow-body', undefined],
    ['bad-gateway', undefined],
    ['duplicated-page', undefined],
    ['reordered-page', undefined],
    ['too-many', undefined],
    ['empty-body', undefined],
    ['login-redirect', 'login-needed'],
    ['blocked', 'blocked'],
    ['captcha', 'blocked'],
    ['no-permission', 'permission'],
    ['login-page', 'layout-changed'],
    ['error-body-200', 'layout-changed'],
    ['gone', 'config'],
  ])('%s on a list page ends in %s and loses nothing', async (fault, kind) => {
    const faults = { script: [{ fault, path: '/gov/gzdt/index', nth: 2 }], slowBodyMs: 50 };
    const server = await start(list(33), { window: 10 }, {}, { faults });
    const run = await crawl(govSite, given(server));
    if (fault !== 'empty-body') expect(run.error?.kind).toBe(kind);
    if (run.error !== undefined) expect(run.error.message).toMatch(/[\u4e00-\u9fff].*。$/su);
    const rest = await crawl(govSite, given(server), run.cursor);
    expect(rest.error).toBeUndefined();
    expect(ids([...run.items, ...rest.items])).toEqual(served(server));
    expect(server.faults.made).toMatchObject([{ fault, source: '/gov/gzdt' }]);
  });

  it('probes with the newest article', async () => {
    const server = await start(list(3));
    const { context } = contextOf(govSite, given(server));
    await expect(govSite.probe(context as never)).resolves.toMatch(/列表有 3 篇，最近一篇《.+》。$/u);
  });
});

describe('pages of government sites', () => {
  const page = (html: string) => parsePage(html);
  const BASE = 'https://www.example.gov.cn/zwgk/tzgg/index.html';

  it('list what is dated, not menus', () => {
    const html = `<ul class="nav"><li><a href="/a/">政务公开首页栏目</a></li><li><a href="/b/">互动交流栏目入口</a></li></ul>
      <table><tr><td><a href="../../art/2026/7/19/art_1_2.html">一号通知正文标题</a></td><td>[2026-07-19]</td></tr>
      <tr><td><a href="/c/202607/t20260718_11.html" title="二号通知正文的完整标题">二号通知正文…</a></td></tr>
      <tr><td><a href="x.pdf">三号附件直接下载</a></td><td>2026-07-17</td></tr>
      <tr><td><a href="https://other.example/x.html">外站文章标题</a></td><td>2026-07-17</td></tr></table>`;
    const dom = page(html.replaceAll('</tr>\n', '</tr>'));
    expect(listEntries(dom, BASE).map((e) => [e.url, e.title, e.date])).toEqual([
      ['https://www.example.gov.cn/art/2026/7/19/art_1_2.html', '一号通知正文标题', '2026-07-19'],
      ['https://www.example.gov.cn/c/202607/t20260718_11.html', '二号通知正文的完整标题', '2026-07-18'],
    ]);
    expect(listEntries(dom, BASE, { item: 'ul.nav li' }).map((e) => e.title)).toEqual([
      '政务公开首页栏目',
      '互动交流栏目入口',
    ]);
  });

  it.each([
    ['createPageHTML(3, 0, "index", "html");', 'https://www.example.gov.cn/zwgk/tzgg/index_1.html'],
    ['var n = 3; createPageHTML(n,2,"index","htm")', undefined],
    ['<a href="index_2.htm">下一页</a>', 'https://www.example.gov.cn/zwgk/tzgg/index_2.htm'],
    ['<a href="javascript:void(0)">下一页</a>', undefined],
    ['<a href="?page=2">&gt;</a>', 'https://www.example.gov.cn/zwgk/tzgg/index.html?page=2'],
    ['<a href="https://elsewhere.example/2">下一页</a>', undefined],
    ['', undefined],
  ])('go on from %s', (html, next) => {
    expect(nextPage(page(html), html, BASE)).toBe(next);
  });

  it('carry labels in any case, the first that says something', () => {
    const labels = labelsOf(
      page(
        '<meta name=PUBDATE content=""><META NAME="pubdate" CONTENT=" 2026-07-19 "><meta name="PubDate" content="x">',
      ),
    );
    expect(labels.get('pubdate')).toBe('2026-07-19');
    fc.assert(
      fc.property(
        fc.mixedCase(fc.constant('articletitle')),
        fc.stringMatching(/^[\u4e00-\u9fff]{1,20}$/u),
        fc.nat(3),
        (name, title, empties) => {
          const html = `${`<meta name="${name}" content="">`.repeat(empties)}<meta content="${title}" name='${name}'>`;
          expect(readArticle(page(html), BASE).title).toBe(title);
        },
      ),
    );
  });

  it.each([
    ['发布时间：2026-07-19 15:30', '2026-07-19 15:30'],
    ['2026年7月9日', '2026-07-09'],
    ['2026/07/09 8:05:06', '2026-07-09 08:05:06'],
    ['2026.7.9', '2026-07-09'],
    ['2026-02-31', undefined],
    ['电话 12026-07-19', undefined],
    ['', undefined],
  ])('say %s', (text, date) => {
    expect(dateIn(text)).toBe(date);
  });

  it('give every real day back, from text and from addresses', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        (date) => {
          const day = date.toISOString().slice(0, 10);
          const [y = '', m = '', d = ''] = day.split('-');
          for (const text of [day, `${y}年${Number(m)}月${Number(d)}日`, `${y}/${m}/${d}`, `【${day}】`])
            expect(dateIn(text)).toBe(day);
          expect(dateInAddress(`http://x/${y}${m}/t${y}${m}${d}_123.html`)).toBe(day);
          expect(dateInAddress(`http://x/art/${y}/${Number(m)}/${Number(d)}/a.html`)).toBe(day);
        },
      ),
    );
  });

  it('never break the reader, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '<ul>',
            '<li>',
            '<a href="',
            '2026-07-19',
            '">',
            '</a>',
            '<meta name=',
            'pubdate',
            '<td>',
            '下一页',
            '<',
            '&#x',
          ),
          { maxLength: 60 },
        ),
        (parts) => {
          const html = parts.join('');
          const dom = page(html);
          listEntries(dom, BASE);
          nextPage(dom, html, BASE);
          readArticle(dom, BASE);
        },
      ),
    );
  });
});
