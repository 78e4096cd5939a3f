import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areCopies, NearCopies } from './near-copies.ts';

const TEXT = '转发扩散！青龙水库大坝昨晚出现裂缝，下游三个村已经连夜撤离，请大家马上告诉亲友不要靠近河边';
const WEEK = 7 * 86_400_000;

describe('near copies', () => {
  it.each([
    [
      'emoji and marks',
      '😭转发扩散 青龙水库大坝昨晚出现裂缝🙏 下游三个村已经连夜撤离！！请大家马上告诉亲友 不要靠近河边[泪]',
    ],
    ['cut short', TEXT.slice(0, 32)],
    ['forwarded', `转发微博：【转】${TEXT}`],
    ['in a chain', `//@某某:${TEXT}`],
    ['traditional', '轉發擴散！青龍水庫大壩昨晚出現裂縫，下游三個村已經連夜撤離，請大家馬上告訴親友不要靠近河邊'],
    ['other numbers', TEXT.replace('三个村', '五个村')],
    ['two letters put in', TEXT.replace('昨晚', '昨天晚上').replace('马上', '马上就')],
  ])('recognises a copy: %s', (_, copy) => {
    expect(areCopies(TEXT, copy)).toBe(true);
  });

  it.each([
    ['another matter', '白石水库例行检修，下游水位正常，请市民不要担心'],
    ['the contrary', TEXT.replace('昨晚出现裂缝', '昨晚没有出现裂缝')],
  ])('tells apart: %s', (_, other) => {
    expect(areCopies(TEXT, other)).toBe(false);
  });

  it('answers with the first text of the group, within the days given', () => {
    const copies = new NearCopies();
    expect(copies.see(1, TEXT, 0, WEEK)).toBeNull();
    expect(copies.see(2, `${TEXT}！`, 1000, WEEK)).toBe(1);
    expect(copies.see(3, TEXT.slice(0, 36), 2000, WEEK)).toBe(1);
    expect(copies.see(4, TEXT, 2 * WEEK, WEEK)).toBeNull();
  });

  it('does not take a text for its own copy, nor a cheer for a text', () => {
    const copies = new NearCopies();
    copies.see(1, TEXT, 0, WEEK);
    expect(copies.see(1, TEXT, 0, WEEK)).toBeNull();
    copies.see(2, '加油加油', 0, WEEK);
    expect(copies.see(3, '加油加油', 0, WEEK)).toBeNull();
  });

  it('keeps what is copied while thousands of other texts pass', () => {
    const copies = new NearCopies();
    copies.see(1, TEXT, 0, WEEK);
    for (let i = 2; i < 60_000; i++) {
      copies.see(i, `第${i}条互不相同的留言，编号${i * 7919}，内容${(i * 104_729).toString(36)}`, 0, WEEK);
      if (i % 5000 === 0) expect(copies.see(i * 100_000, TEXT, 0, WEEK)).toBe(1);
    }
  });

  it('takes any text, and is symmetric', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 200 }),
        (a, b) => {
          expect(areCopies(a, b)).toBe(areCopies(b, a));
        },
      ),
    );
  });
});
