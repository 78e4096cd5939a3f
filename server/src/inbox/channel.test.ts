import { describe, expect, it } from 'vitest';
import { caseTitle } from './channel.ts';

describe('titles of cases', () => {
  it.each([
    ['蹲一个回复！夜班1路末班车到底几点！麻烦回复一下。。', '夜班1路末班车到底几点'],
    ['想咨询一下！请问身份证丢了周末能补办吗？谢谢', '身份证丢了周末能补办吗？'],
    ['回复@［用户］:19路末班车到底几点', '19路末班车到底几点'],
    ['灵活就业社保补贴怎么申请；辛苦解答…', '灵活就业社保补贴怎么申请'],
    ['请问。', '请问'],
    ['[疑问]', '[疑问]'],
    ['停水了\n什么时候来', '停水了'],
  ])('%s', (text, title) => expect(caseTitle({ title: null, text })).toBe(title));

  it('keeps the title that the citizen gave', () => {
    expect(caseTitle({ title: ' 路灯不亮 ', text: '请问。' })).toBe('路灯不亮');
    expect([...caseTitle({ title: null, text: '水'.repeat(80) })]).toHaveLength(30);
  });
});
