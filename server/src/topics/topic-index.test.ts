import { describe, expect, it } from 'vitest';
import { Frequencies, type Matter } from './matter.ts';
import { TopicIndex, type TopicState } from './topic-index.ts';

const DAY = 86_400_000;
const matter = (...names: string[]): Matter => ({
  features: new Map(names.map((name) => [name, 1])),
  places: names.filter((name) => name.startsWith('@')).map((name) => name.slice(1)),
});

function begin(index: TopicIndex, id: number, about: Matter, at: number, messages = 0): TopicState {
  const topic: TopicState = {
    ...{ id, title: String(id), titleRank: 2, titles: [], features: new Map(), norm: 0, places: new Map() },
    ...{ own: 1, messages, posts: 1, opinions: 1, firstSeen: at, lastSeen: at, engagement: 0, officialAt: null },
    ...{ peakHeat: 0, peakAt: 0, slow: 0, slowAt: at, hours: new Map(), pending: new Map(), busiest: 0 },
  };
  index.remember(topic);
  index.learn(topic, new Frequencies().weigh(about.features), about, 1);
  index.seen(at);
  return topic;
}

const ask = (index: TopicIndex, about: Matter, at: number) =>
  index.best(new Frequencies().weigh(about.features), about.places, at);

describe('the topic index', () => {
  it('finds the topic about the same matter and place, and not the same matter elsewhere', () => {
    const index = new TopicIndex();
    begin(index, 1, matter('搅拌站', '噪音', '夜间', '@泉塘小区'), 0);
    expect(ask(index, matter('搅拌站', '噪音', '@泉塘小区'), DAY)?.topic.id).toBe(1);
    const elsewhere = ask(index, matter('搅拌站', '噪音', '@青山新村'), DAY)?.score ?? 0;
    expect(elsewhere).toBeLessThan((ask(index, matter('搅拌站', '噪音', '@泉塘小区'), DAY)?.score ?? 0) * 0.6);
  });

  it('lets news end and grievances come back', () => {
    const index = new TopicIndex();
    begin(index, 1, matter('运动会', '开幕', '体育馆'), 0);
    begin(index, 2, matter('搅拌站', '噪音', '@泉塘小区'), 0, 1);
    expect(ask(index, matter('运动会', '开幕', '体育馆'), 20 * DAY)).toBeNull();
    expect(ask(index, matter('搅拌站', '噪音', '@泉塘小区'), 40 * DAY)?.topic.id).toBe(2);
  });

  it('is bounded over a year: what is silent leaves, and its features with it', () => {
    const index = new TopicIndex();
    let most = 0;
    for (let day = 0; day < 365; day++) {
      for (let n = 0; n < 60; n++) begin(index, day * 60 + n + 1, matter(`事件${day}-${n}`, '通报', '街道'), day * DAY);
      index.tidy();
      most = Math.max(most, index.size);
    }
    expect(most).toBeLessThanOrEqual(15 * 60);
    for (const topic of index.topics.values()) index.release(topic);
    expect(index.size).toBe(0);
    expect(ask(index, matter('通报', '街道'), 365 * DAY)).toBeNull();
  });

  it('never keeps more topics than it is allowed, however many come in a day', () => {
    const index = new TopicIndex();
    for (let n = 1; n <= 12_000; n++) begin(index, n, matter(`事件${n}`), n);
    index.tidy();
    expect(index.size).toBe(10_000);
    expect(index.topics.has(1)).toBe(false);
    expect(index.topics.has(12_000)).toBe(true);
  });
});

describe('frequencies', () => {
  it('weigh what everybody says little, and stay bounded', () => {
    const frequencies = new Frequencies();
    for (let i = 0; i < 120_000; i++) frequencies.note(['人人都说', `只说一次${i}`]);
    const weighed = frequencies.weigh(
      new Map([
        ['人人都说', 1],
        ['只说一次119999', 1],
      ]),
    );
    expect((weighed.get('人人都说') ?? 0) * 5).toBeLessThan(weighed.get('只说一次119999') ?? 0);
  });
});
