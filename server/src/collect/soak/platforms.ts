/**
 * In: how many sources and items. Out: loopback platforms that hold them, with faults, and the sources that crawl them. Called by: the soak.
 */
import type { RawItem } from '@minsheng/contracts';
import {
  DEFAULT_TOKEN,
  FAULT_KINDS,
  ReplayStore,
  startReplay,
  type FaultKind,
  type ReplayAccount,
  type ReplayServer,
  type ScriptedFault,
} from '@minsheng/crawlers/replay';
import { benchTexts } from '../../enrich/bench.ts';
import type { NewSource } from '../../sources/source-book.ts';

export interface SoakPlan {
  hosts: number;
  sources: number;
  items: number;
  faultShare: number;
  pollSeconds: number;
  /** Items that are published while the soak runs, and for how long. */
  liveShare: number;
  liveMs: number;
  /** Sources with an outage that is planned; every second one never ends. */
  outages: number;
  seed: number;
}

/** An outage that the soak itself makes: from a source's `nth` request on. */
export interface PlannedOutage {
  source: string;
  fault: FaultKind;
  ends: boolean;
  account: string;
}

export interface Platforms {
  servers: ReplayServer[];
  sources: NewSource[];
  outages: PlannedOutage[];
  /** Everything the platforms hold, by `platform kind id`, with the account it belongs to. */
  held: Map<string, { account: string | null }>;
  /** The mark in an item's text → its key: WeChat tells ids only in its own ways, but nobody changes what was written. */
  marks: Map<string, string>;
  /** Keys of comments that their platform counts and never shows, by the source that misses them. */
  withheld(): Map<string, string[]>;
  /** No more random faults; planned outages that never end go on. */
  calm(): void;
  /** Publishes one more item on some feeds now. @returns their keys. */
  publish(count: number): string[];
  close(): Promise<void>;
}

const WEIBO_ITEMS = 0.08;
const WECHAT_ITEMS = 0.02;
/** An outage begins at this request of the source: it has brought something before. */
const BREAKS_AT = 3;
const ENDS_AFTER = 4;

/**
 * A platform that says "removed" of something that is there is believed: what it then never shows is no loss of ours. One that says "no
 * more requests today" is believed as well, and no soak waits until tomorrow.
 */
const RANDOM_FAULTS = FAULT_KINDS.filter((kind) => kind !== 'gone' && kind !== 'quota-used');

/** How much every random fault weighs; together they are the share asked for. */
function rates(share: number): Partial<Record<FaultKind, number>> {
  return Object.fromEntries(RANDOM_FAULTS.map((kind) => [kind, share / RANDOM_FAULTS.length]));
}

export function markOf(text: string): string | null {
  return /（([a-z]+)）\s*$/u.exec(text)?.[1] ?? null;
}

export async function startPlatforms(plan: SoakPlan): Promise<Platforms> {
  const now = Date.now();
  const feeds = plan.sources - 2 * plan.hosts;
  const perWeibo = Math.floor((plan.items * WEIBO_ITEMS) / plan.hosts);
  const perWechat = Math.floor((plan.items * WECHAT_ITEMS) / plan.hosts);
  const feedItems = plan.items - plan.hosts * (perWeibo + perWechat);
  const texts = benchTexts(2000, plan.seed);
  let serial = 0;
  const text = () => {
    const n = serial++;
    // A mark of letters only, so that no two texts are alike and nothing looks like a telephone number.
    return `${texts[n % texts.length] ?? ''}（${[...n.toString(26)].map((c) => String.fromCharCode(97 + parseInt(c, 26))).join('')}）`;
  };
  const past = (i: number, of: number) => new Date(now - 60_000 - ((of - i) / of) * 5 * 86_400_000).toISOString();

  const servers: ReplayServer[] = [];
  const sources: NewSource[] = [];
  const outages: PlannedOutage[] = [];
  const held = new Map<string, { account: string | null }>();
  const marks = new Map<string, string>();
  const faultRates: Partial<Record<FaultKind, number>>[] = [];
  const feedsOf: { store: ReplayStore; account: string }[] = [];
  const every = Math.max(1, Math.floor(feeds / plan.outages));

  for (let h = 0; h < plan.hosts; h++) {
    const office = `${h} 号发布`;
    const wechat: ReplayAccount = {
      platform: 'wechat',
      nativeId: `gh_soak${String(h).padStart(6, '0')}`,
      name: `${h} 号公众号`,
      appid: `wxsoak${String(h).padStart(10, '0')}`,
      secret: `soak-secret-${String(h).padStart(20, '0')}`,
    };
    const store = new ReplayStore({ accounts: [wechat] });
    const talk = (platform: 'weibo' | 'wechat', account: string, count: number, base: number) => {
      let parent = '';
      for (let i = 0; i < count; i++) {
        const id = String(base + i);
        const starts = i % 20 === 0;
        if (starts) parent = id;
        const said = text();
        const kind = starts ? 'post' : 'comment';
        if (platform === 'wechat') {
          marks.set(markOf(said) ?? '', `wechat ${kind} ${id}`);
          held.set(`wechat ${kind} ${id}`, { account });
        }
        store.add({
          platform,
          kind,
          id,
          ...(starts ? { account, title: `通知${id}` } : { parentId: parent, author: `u${i % 97}` }),
          publishedAt: past(i, count),
          text: said,
        });
      }
    };
    talk('weibo', office, perWeibo, 5_200_000_000_000_000 + h * 1_000_000);
    talk('wechat', wechat.name, perWechat, 2_247_000_000 + h * 100_000);
    const definitions = [];
    const script: ScriptedFault[] = [];
    for (let f = h; f < feeds; f += plan.hosts) {
      const account = `第 ${f} 网站`;
      const name = `s${f}`;
      const count = Math.floor(feedItems / feeds) + (f < feedItems % feeds ? 1 : 0);
      const live = Math.floor(count * plan.liveShare);
      for (let i = 0; i < count; i++) {
        const at =
          i < count - live
            ? past(i, count - live)
            : new Date(now + ((i - count + live + 1) / live) * plan.liveMs).toISOString();
        store.add({
          platform: 'site',
          kind: 'post',
          id: `${name}-${i}`,
          account,
          title: `第 ${i} 号`,
          publishedAt: at,
          text: text(),
        });
      }
      definitions.push({ name, title: account, platform: 'site' as const, kind: 'post' as const, account });
      feedsOf.push({ store, account });
      if (f % every === every - 1 && outages.length < plan.outages) {
        const ends = outages.length % 2 === 0;
        const fault = ends ? 'login-page' : 'error-body-200';
        script.push({
          fault,
          path: `/feeds/${name}.`,
          nth: BREAKS_AT,
          times: ends ? ENDS_AFTER : Number.MAX_SAFE_INTEGER,
        });
        outages.push({ source: account, fault, ends, account });
      }
    }
    const given = rates(plan.faultShare);
    faultRates.push(given);
    const server = await startReplay({
      items: store,
      feeds: definitions,
      faults: { seed: plan.seed + h, rates: given, script, slowBodyMs: 1000 },
    });
    servers.push(server);
    const local = { allowPrivateNetwork: true };
    const schedule = { everySeconds: plan.pollSeconds };
    sources.push({
      kind: 'weibo-official',
      name: `微博 ${h}`,
      settings: { baseUrl: server.url, days: 30, commentDays: 30, pageCap: 5000, ...local },
      credentials: { accessToken: DEFAULT_TOKEN },
      schedule,
    });
    sources.push({
      kind: 'wechat-official',
      name: wechat.name,
      settings: { baseUrl: server.url, accountName: wechat.name, days: 30, ...local },
      credentials: { appid: wechat.appid ?? '', secret: wechat.secret ?? '' },
      schedule,
    });
    for (const [i, d] of definitions.entries()) {
      const f = h + i * plan.hosts;
      const format = ['rss', 'atom', 'json'][f % 3] ?? 'rss';
      sources.push({
        kind: 'feed',
        name: d.title,
        settings: {
          url: `${server.url}/feeds/${d.name}.${format}`,
          accountName: d.account,
          respectRobots: false,
          ...local,
        },
        credentials: {},
        schedule,
      });
    }
    for (const row of store.ledger())
      if (row.platform !== 'wechat')
        held.set(`${row.platform} ${row.kind} ${row.publicId}`, { account: row.account ?? null });
  }

  let extra = 0;
  return {
    servers,
    sources,
    outages,
    held,
    marks,
    withheld: () => {
      const bySource = new Map<string, string[]>();
      for (const [h, server] of servers.entries())
        for (const id of server.faults.withheld)
          for (const [platform, source] of [
            ['weibo', `微博 ${h}`],
            ['wechat', `${h} 号公众号`],
          ] as const) {
            const key = `${platform} comment ${id}`;
            if (held.has(key)) bySource.set(source, [...(bySource.get(source) ?? []), key]);
          }
      return bySource;
    },
    calm: () => {
      for (const given of faultRates) for (const kind of FAULT_KINDS) given[kind] = 0;
    },
    publish: (count) => {
      const broken = new Set(outages.filter((o) => !o.ends).map((o) => o.account));
      const well = feedsOf.filter((f) => !broken.has(f.account));
      const keys: string[] = [];
      for (let i = 0; i < count; i++) {
        const at = well[(extra * 7) % well.length];
        if (at === undefined) break;
        const id = `late-${extra++}`;
        const item: RawItem = {
          platform: 'site',
          kind: 'post',
          id,
          account: at.account,
          title: id,
          publishedAt: new Date().toISOString(),
          text: text(),
        };
        at.store.add(item);
        held.set(`site post ${id}`, { account: at.account });
        keys.push(`site post ${id}`);
      }
      return keys;
    },
    close: async () => {
      for (const server of servers) await server.close();
    },
  };
}
