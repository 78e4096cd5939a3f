import { describe, expect, it } from 'vitest';
import { addressesOffice } from './addressed.ts';

describe('addressesOffice', () => {
  it.each([
    '请问身份证丢了周末能补办吗',
    '灵活就业社保补贴怎么申请',
    '想咨询一下公交卡年审',
    '恳请尽快修复路灯',
    '路灯坏了，麻烦看一下',
  ])('%s', (text) => {
    expect(addressesOffice(text)).toBe(true);
  });
  it.each([
    '到底谁来管',
    '能不能上点心',
    '我就想问，罐车吵了一夜谁管',
    '给个说法行不行',
    '流浪狗没人管，孩子不敢下楼',
    '有没有人知道送水车几点到',
    '回复@［用户］:末班车到底几点',
  ])('not: %s', (text) => {
    expect(addressesOffice(text)).toBe(false);
  });
});
