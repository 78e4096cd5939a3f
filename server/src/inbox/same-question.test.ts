import { describe, expect, it } from 'vitest';
import { JiebaTokenizer } from '../../test/desks.ts';
import { fingerprint } from '../enrich/fingerprint.ts';
import { QuestionIndex, sameQuestion, termsOf, type Question } from './same-question.ts';

const tokenizer = new JiebaTokenizer();
let next = 1;
const ask = (text: string, ...places: string[]): Question => ({
  groupId: next++,
  ...fingerprint(text),
  terms: termsOf(tokenizer.tokens(text)),
  places,
});

describe('the same question', () => {
  it.each([
    ['望江路停水什么时候恢复供水？', '请问望江路停水什么时候能恢复供水啊'],
    ['望江路停水了怎么办？', '望江路停水了，怎么办呢'],
    ['望江路12号停水一直没有解决', '望江路35号也停水，一直没有解决'],
  ])('joins %s and %s', (a, b) => {
    expect(sameQuestion(ask(a, '望江路'), ask(b, '望江路'))).toBe(true);
  });

  it.each([
    ['望江路12号停水问题什么时候能解决？', '望江路12号噪音问题什么时候能解决？'],
    ['望江路停水什么时候恢复？', '望江路停电什么时候恢复？'],
    ['望江路公交几点收班？', '望江路路灯几点关？'],
    ['望江路学位够吗', '望江路医保怎么交'],
  ])('keeps %s and %s apart although the street is the same', (a, b) => {
    expect(sameQuestion(ask(a, '望江路'), ask(b, '望江路'))).toBe(false);
  });

  it('keeps the same words about another place apart, even word for word', () => {
    expect(sameQuestion(ask('什么时候恢复供水？', '望江路'), ask('什么时候恢复供水？', '东湖路'))).toBe(false);
  });

  it('finds as the pairwise comparison does, and forgets the oldest beyond its capacity', () => {
    const index = new QuestionIndex(2);
    const [water, bus, school] = [
      ask('望江路停水什么时候恢复供水？', '望江路'),
      ask('公交卡在哪里办理年审？'),
      ask('小学入学学位够不够？'),
    ];
    index.add(water);
    index.add(bus);
    expect(index.find(ask('请问望江路停水何时恢复供水', '望江路'))).toBe(water);
    expect(index.find(ask('路灯坏了谁来修？'))).toBeNull();
    index.add(school);
    expect(index.find(ask('请问望江路停水何时恢复供水', '望江路'))).toBeNull();
    expect(index.find(ask('公交卡在哪里办理年审？'))).toBe(bus);
  });
});
