import { describe, expect, it } from 'vitest';
import { CHANNELS, city, DOUYIN, WECHAT, WEIBO, weiboCity } from '../testing/channels.ts';
import { crawl, serve } from '../testing/crawl.ts';
import { connectors } from './index.ts';

/**
 * What a run asks for again after a kill: the newest page, where news may have come, and the list page that it stands on. `most` is what that
 * costs over a run that nothing interrupted.
 */
const LOOKS: Record<string, { most: number; path: RegExp }> = {
  'weibo-official': {
    most: 4,
    path: /^\/2\/(?:account\/rate_limit_status|(?:statuses\/(?:home_timeline|mentions)|comments\/to_me)\.json\?count=\d+$)/u,
  },
  'weibo-web': { most: 3, path: /^\/api\/(?:config|container\/getIndex\?containerid=107603\d+&type=uid&value=\d+$)/u },
  'wechat-official': { most: 1, path: /^\/cgi-bin\/freepublish\/batchget \{"offset":0,/u },
  'douyin-official': { most: 2, path: /^\/api\/douyin\/v1\/video\/video_list\// },
  // The whole article stands in the list: a walk over at most ten pages that was not at its end is begun again.
  'wechat-bridge': { most: 10, path: /^\/wewe\/feeds\// },
  feed: { most: 10, path: /^\/feeds\// },
  'gov-site': { most: 1, path: /^\/gov\/gzdt\/(?:index_\d+\.html)?$/u },
};

describe('after a kill nothing is asked for again that was stored before it', () => {
  const channels = { ...CHANNELS, ...WEIBO };

  it('is shown for every source kind', () => {
    expect(Object.keys(channels).sort()).toEqual(connectors.map((c) => c.kind).sort());
  });

  it.each(Object.keys(channels))(
    '%s: killed after each page',
    async (name) => {
      const channel = channels[name];
      const looks = LOOKS[name];
      if (channel === undefined || looks === undefined) throw new Error(name);
      const items = name in WEIBO ? weiboCity() : city();
      const server = await serve({ items, accounts: name in WEIBO ? [] : [WECHAT, DOUYIN] });
      const given = channel.given(server);
      const whole = await crawl(channel.connector, given);
      expect(whole.error).toBeUndefined();
      // Details are asked for once even without a kill; lists may be looked through again.
      const details = (asked: readonly string[]) => asked.filter((request) => !looks.path.test(request));
      expect(new Set(details(whole.asked)).size).toBe(details(whole.asked).length);
      for (let pages = 1; pages <= whole.pages.length; pages++) {
        const first = await crawl(channel.connector, given, undefined, pages);
        const second = await crawl(channel.connector, given, first.cursor);
        const before = new Set(first.asked);
        const again = details(second.asked).filter((request) => before.has(request));
        expect(again, `killed after page ${pages}`).toEqual([]);
        const over = first.asked.length + second.asked.length - whole.asked.length;
        expect(over, `killed after page ${pages}`).toBeLessThanOrEqual(looks.most);
        const brought = [...first.items, ...second.items].map((item) => `${item.kind} ${item.id}`);
        expect(new Set(brought).size).toBe(brought.length);
        expect(brought.length).toBe(whole.items.length);
      }
    },
    180_000,
  );
});
