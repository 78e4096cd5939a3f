/**
 * In: a clock. Out: the fictional city of 澜江 on loopback, in its platforms' real shapes, alive for as long as it runs.
 * Called by: the server's demo mode and tests.
 */
import { startReplay, type ReplayServer } from '../replay/index.ts';
import { ReplayStore } from '../replay/store.ts';
import { CITY, DEMO_WEIBO_TOKEN, SITE, WECHAT_ACCOUNTS, WEIBO_ACCOUNTS } from './city.ts';
import { ANSWERS, DEBUNKS, DEPARTMENTS } from './desk-seeds.ts';
import { World } from './world.ts';

export { World } from './world.ts';
export { CITY } from './city.ts';

export interface DemoSource {
  kind: 'weibo-official' | 'wechat-official' | 'feed';
  name: string;
  settings: Record<string, unknown>;
  credentials: Record<string, unknown>;
  everySeconds: number;
}

export interface DemoCity {
  server: ReplayServer;
  sources: DemoSource[];
  departments: typeof DEPARTMENTS;
  debunks: typeof DEBUNKS;
  answers: typeof ANSWERS;
  truth: World['truth'];
}

const SEED = 20_261_124;
const DAYS = 14;

/** @param start when the stories' clock begins: their history lies before it, and goes on from it while the city runs. */
export async function startDemoCity(options: {
  start: number;
  clock?: () => Date;
  port?: number;
  seed?: number;
}): Promise<DemoCity> {
  const clock = options.clock ?? (() => new Date());
  const world = new World(options.seed ?? SEED, options.start, DAYS);
  const store = new ReplayStore({ accounts: [...WEIBO_ACCOUNTS, ...WECHAT_ACCOUNTS], engagement: 'growing' });
  for (const item of world.history()) store.add(item);
  let published = options.start;
  const publish = (now: number) => {
    if (now <= published) return;
    for (const item of world.between(published, now)) store.add(item);
    published = now;
  };
  publish(clock().getTime());
  const server = await startReplay({
    items: store,
    clock,
    port: options.port ?? 0,
    siteName: SITE.name,
    weibo: { tokens: [{ token: DEMO_WEIBO_TOKEN }] },
    feeds: [
      { name: 'news', title: SITE.name, platform: 'site', kind: 'post' },
      { name: 'letters', title: SITE.mailbox, platform: 'site', kind: 'message', window: 200 },
    ],
    onTime: (now) => publish(now.getTime()),
  });
  const local = { allowPrivateNetwork: true };
  return {
    server,
    sources: [
      {
        kind: 'weibo-official',
        name: `${CITY}政务微博`,
        // An address that belongs to nobody: replying in the demo needs one, and the city does not look at it.
        settings: {
          ...{ baseUrl: server.url, days: DAYS, commentDays: DAYS, pageCap: 5000, operatorIp: '203.0.113.1' },
          ...local,
        },
        credentials: { accessToken: DEMO_WEIBO_TOKEN },
        everySeconds: 20,
      },
      ...WECHAT_ACCOUNTS.map((account): DemoSource => ({
        kind: 'wechat-official',
        name: `微信公众号·${account.name}`,
        settings: { baseUrl: server.url, accountName: account.name, days: DAYS, ...local },
        credentials: { appid: account.appid ?? '', secret: account.secret ?? '' },
        everySeconds: 60,
      })),
      {
        kind: 'feed',
        name: `${SITE.name}要闻`,
        settings: { url: `${server.url}/feeds/news.rss`, itemKind: 'post', accountName: SITE.name, ...local },
        credentials: {},
        everySeconds: 60,
      },
      {
        kind: 'feed',
        name: SITE.mailbox,
        settings: { url: `${server.url}/feeds/letters.json`, itemKind: 'message', accountName: SITE.mailbox, ...local },
        credentials: {},
        everySeconds: 45,
      },
    ],
    departments: DEPARTMENTS,
    debunks: DEBUNKS,
    answers: ANSWERS,
    truth: world.truth,
  };
}
