import { type ClaimDetail, routes, type TopicDetail, type TopicRow, type VolumeSeries } from '@minsheng/contracts';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answer } from '../../test/fake-api.ts';
import '../../test/fake-city.ts';
import { toCsv } from './csv.ts';
import { channelsFinding, heatFinding, heatOption } from './ranking.ts';
import { spreadFinding, spreadOption } from './spread.ts';
import { darkTheme, lightTheme } from './theme.ts';
import { axisLabels, bucketOf, bucketTitle, eventMarks } from './time-axis.ts';
import { topicFinding } from './topic-curve.ts';
import { volumeFinding, volumeOption, volumeTable } from './volume.ts';
import { layoutCloud } from './word-cloud.ts';

const get = (path: string): unknown => answer('GET', new URL(path, 'http://fake'), undefined, 'officer').body;
const topics: TopicRow[] = routes.topics.list.response.parse(get('/api/topics')).items;
const topic: TopicDetail = routes.topics.detail.response.parse(get('/api/topics/1'));
const claim: ClaimDetail = routes.claims.detail.response.parse(get('/api/claims/1'));

const bucket = (at: string, negative: number, neutral = 0) => ({
  at,
  positive: 0,
  neutral,
  negative,
  uncertain: 0,
  withheld: 0,
  official: 0,
});
const series: VolumeSeries = {
  bucketSeconds: 3600,
  buckets: [
    bucket('2026-11-24T06:00:00+08:00', 1, 9),
    bucket('2026-11-24T07:00:00+08:00', 30, 10),
    bucket('2026-11-24T08:00:00+08:00', 2, 2),
  ],
  marks: [{ at: '2026-11-24T07:40:00+08:00', text: '官方<b>通报</b>', href: '/topics/1' }],
  coverage: topic.coverage,
};
const NOW = Date.parse('2026-11-24T08:30:00+08:00');

describe('volume', () => {
  it('says when it was most and how much of that was negative', () => {
    expect(volumeFinding(series, NOW)).toBe('今天 07:00 起的一小时最多，40 条，其中负面 75%');
    expect(volumeFinding({ ...series, buckets: [] }, NOW)).toBe('这段时间没有采集到公众声音');
  });
  it('stacks four sentiments whose sums are the totals of the table', () => {
    const option = volumeOption(series, lightTheme);
    const layers = Array.isArray(option.series) ? option.series : [];
    expect(layers.map((s) => s.name)).toEqual(['负面', '难以判断', '中性', '正面']);
    const second = layers.reduce((n, s) => n + Number(Array.isArray(s.data) ? s.data[1] : 0), 0);
    expect(second).toBe(volumeTable(series).rows[1]?.[6]);
  });
  it('draws what fewer than ten people said as one piece that tells no sentiment', () => {
    const [first] = series.buckets;
    if (first === undefined) throw new Error('no bucket');
    const few = { ...first, positive: 0, neutral: 0, negative: 0, uncertain: 0, withheld: 9 };
    const option = volumeOption({ ...series, buckets: [few] }, lightTheme);
    const layers = Array.isArray(option.series) ? option.series : [];
    expect(layers.at(-1)).toMatchObject({ name: '不足 10 人，不分情感', data: [9] });
    expect(volumeFinding({ ...series, buckets: [few] }, Date.parse(few.at))).not.toContain('负面');
  });
  it('puts a mark into the bucket in which it fell and escapes its words in the tooltip', () => {
    const instants = series.buckets.map((b) => b.at);
    expect(bucketOf('2026-11-24T07:40:00+08:00', instants)).toBe(1);
    const { tooltip } = volumeOption(series, lightTheme);
    const formatter = tooltip && !Array.isArray(tooltip) ? tooltip.formatter : undefined;
    const text =
      typeof formatter === 'function' ? String(Reflect.apply(formatter, undefined, [[{ dataIndex: 1 }], ''])) : '';
    expect(text).toContain('&#60;b&#62;通报');
    expect(text).not.toContain('<b>通报');
  });
});

describe('time axis', () => {
  const from = (start: string, count: number, seconds: number): string[] =>
    Array.from({ length: count }, (_, i) => new Date(Date.parse(start) + i * seconds * 1000).toISOString());

  it('names hours in Beijing time and each new day with its weekday', () => {
    const labels = [...axisLabels(from('2026-11-22T22:00:00Z', 48, 3600), 3600).values()];
    expect(labels).toEqual(['06:00', '12:00', '18:00', '11/24 周二', '06:00', '12:00', '18:00', '11/25 周三']);
    expect(bucketTitle('2026-11-24T00:00:00Z', 3600)).toBe('11/24 周二 08:00 – 09:00');
  });
  it('names days even where no bucket begins at midnight', () => {
    const labels = [...axisLabels(from('2026-11-17T03:00:00Z', 56, 10_800), 10_800).values()];
    expect(labels.every((l) => /^\d+\/\d+ 周/.test(l))).toBe(true);
    expect(new Set(labels).size).toBe(labels.length);
  });
  it('never crowds the axis', () => {
    const sizes = fc.constantFrom(300, 900, 3600, 10_800, 43_200, 86_400);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 400 }), sizes, fc.integer({ min: 0, max: 5000 }), (count, size, shift) => {
        const labels = axisLabels(from(new Date(1.79e12 + shift * size * 1000).toISOString(), count, size), size);
        expect(labels.size).toBeLessThanOrEqual(10);
      }),
    );
  });
  it('lifts labels that would touch, and hides the fourth of a pile', () => {
    const instants = series.buckets.map((b) => b.at);
    const pile = Array.from({ length: 4 }, () => ({ at: instants[1] ?? '', text: '官方发布情况通报' }));
    const marks = eventMarks(pile, instants, lightTheme);
    expect(marks.line.data.map((d) => [d.label.show, d.label.offset[1]])).toEqual([
      [true, -0],
      [true, -15],
      [true, -30],
      [false, -0],
    ]);
    expect(marks.top).toBe(55);
  });
});

describe('findings', () => {
  it('of heat name the hottest and the fastest riser', () => {
    expect(heatFinding(topics)).toBe('“望江路一带停水”最热（87），“白石水库‘出现裂缝’传言”升得最快（+63）');
    expect(heatFinding([])).toBe('没有热点话题');
  });
  it('of a topic compare before and after the official answer', () => {
    expect(topicFinding(topic, Date.now())).toMatch(/^官方首次发声后 3 小时，每小时新增下降 \d+%/);
    const unanswered = { ...topic, marks: [], topic: { ...topic.topic, officialAnswer: false } };
    expect(topicFinding(unanswered, Date.now())).toContain('尚无官方回应');
  });
  it('of a claim state direction and doubt', () => {
    expect(spreadFinding(claim)).toBe('仍在加快：最近 1 小时 402 条，是前一小时的 2.6 倍，15% 在质疑（n=1,283）');
    expect(spreadFinding({ ...claim, claim: { ...claim.claim, growth: 0.5 } })).toContain('正在放缓');
    expect(spreadFinding({ ...claim, claim: { ...claim.claim, growth: null, posts: 0 } })).toBe('最近 1 小时 402 条');
  });
  it('of channels carry their base', () => {
    expect(channelsFinding({ items: [], coverage: topic.coverage })).toBe('这段时间没有采集到公众声音');
  });
  it('rank at most ten topics, hottest first', () => {
    const option = heatOption([...topics, ...topics], darkTheme);
    const bars = Array.isArray(option.series) ? option.series[0] : undefined;
    const data = Array.isArray(bars?.data) ? bars.data.map(Number) : [];
    expect(data).toHaveLength(10);
    expect(data).toEqual(data.toSorted((a, b) => b - a));
  });
  it('draw the spread in at most five colours', () => {
    const option = spreadOption(claim, lightTheme);
    expect(Array.isArray(option.series) ? option.series.length : 0).toBe(3);
  });
});

describe('csv', () => {
  it('quotes, marks its encoding and defuses formulas', () => {
    const csv = toCsv({
      columns: ['名,称', '数'],
      rows: [
        ['他说"停水"', 3],
        ['=HYPERLINK("x")', null],
        ['-1', -1],
      ],
    });
    expect(csv).toBe('\uFEFF"名,称",数\r\n"他说""停水""",3\r\n"\'=HYPERLINK(""x"")",\r\n\'-1,-1\r\n');
  });
});

describe('word cloud', () => {
  it('never lets words touch, leave the box, or shrink below 14 px', () => {
    const words = fc.uniqueArray(
      fc.record({ word: fc.string({ minLength: 1, maxLength: 6 }), weight: fc.integer({ min: 0, max: 9000 }) }),
      {
        selector: (w) => w.word,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 240, max: 900 }), (list, width) => {
        const placed = layoutCloud(list, width, 260);
        for (const [i, a] of placed.entries()) {
          expect(a.size).toBeGreaterThanOrEqual(14);
          expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
          expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
          for (const b of placed.slice(i + 1)) {
            const apart = Math.abs(a.x - b.x) * 2 >= a.width + b.width || Math.abs(a.y - b.y) * 2 >= a.size + b.size;
            expect(apart).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
  it('puts the heaviest word in the middle', () => {
    expect(
      layoutCloud(
        [
          { word: '停水', weight: 9 },
          { word: '噪声', weight: 3 },
        ],
        400,
        200,
      )[0],
    ).toMatchObject({ word: '停水', x: 200, y: 100 });
  });
});

describe('colours', () => {
  const css = readFileSync(`${import.meta.dirname}/../ui/tokens.css`, 'utf8');
  const [light = '', dark = ''] = css.split("[data-theme='dark']");
  const token = (block: string, name: string): string => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(block)?.[1] ?? '';
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [hi = 0, lo = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
    return (hi + 0.05) / (lo + 0.05);
  };

  it('are the same in charts and pages', () => {
    for (const [block, theme] of [
      [light, lightTheme],
      [dark, darkTheme],
    ] as const) {
      expect({
        teal: theme.teal,
        grey: theme.grey,
        orange: theme.orange,
        ink: theme.ink,
        paper: theme.paper,
        unsure: theme.unsure,
        withheld: theme.withheld,
      }).toEqual({
        teal: token(block, 'teal'),
        grey: token(block, 'grey'),
        orange: token(block, 'orange'),
        ink: token(block, 'ink'),
        paper: token(block, 'paper'),
        unsure: token(block, 'unsure'),
        withheld: token(block, 'withheld'),
      });
    }
  });

  it.each([
    ['ink', 'paper'],
    ['ink-2', 'paper'],
    ['ink-3', 'paper'],
    ['ink-3', 'bg'],
    ['ink-3', 'paper-2'],
    ['accent-ink', 'paper'],
    ['accent-ink', 'accent-soft'],
    ['on-accent', 'accent'],
    ['red', 'red-soft'],
    ['amber', 'amber-soft'],
    ['green', 'green-soft'],
    ['green', 'paper'],
    ['red', 'paper'],
    ['orange-ink', 'paper'],
  ])('%s on %s reaches 4.5 : 1 in both themes', (text, ground) => {
    expect(contrast(token(light, text), token(light, ground))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token(dark, text), token(dark, ground))).toBeGreaterThanOrEqual(4.5);
  });
});
