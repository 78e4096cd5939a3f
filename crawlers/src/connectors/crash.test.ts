import { expect, it } from 'vitest';
import { CHANNELS, city, DOUYIN, WECHAT } from '../testing/channels.ts';
import { crawl, serve } from '../testing/crawl.ts';

it.each(Object.keys(CHANNELS))('%s', async (name) => {
  const channel = CHANNELS[name];
  if (channel === undefined) throw new Error(name);
  const fresh = () => serve({ items: city(), accounts: [WECHAT, DOUYIN] });
  let server = await fresh();
  const whole = await crawl(channel.connector, channel.given(server));
  console.log(name, 'pages', whole.pages.length, 'requests', whole.requests, 'asked', whole.asked.length, 'uniq', new Set(whole.asked).size);
  for (let k = 1; k <= whole.pages.length; k++) {
    server = await fresh();
    const first = await crawl(channel.connector, channel.given(server), undefined, k);
    const second = await crawl(channel.connector, channel.given(server), first.cursor);
    const before = new Set(first.asked);
    const again = second.asked.filter((a) => before.has(a));
    console.log(k, 'over', first.asked.length + second.asked.length - whole.asked.length, again.length, again.slice(0, 4).join(' | '));
  }
  expect(1).toBe(1);
});
