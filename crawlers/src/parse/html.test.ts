import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToText } from './html.ts';

describe('htmlToText', () => {
  it.each([
    ['停水了<br />什么时候来水', '停水了\n什么时候来水'],
    ['太难了<span class="url-icon"><img alt=[允悲] src="//x" style="width:1em"/></span>', '太难了[允悲]'],
    ['<a href="//s.weibo.com"><span class="surl-text">#望江路停水#</span></a> 急', '#望江路停水# 急'],
    ['正文……<a href="/status/123">全文</a>', '正文……'],
    ['<script>alert(1)</script>你好<style>p{}</style>', '你好'],
    ['a &amp;lt; b &nbsp;c', 'a &lt; b c'],
    ['零\u200b宽\u00ad与\u0007控制', '零宽与控制'],
    ['1 < 2', '1 < 2'],
    ['<p>一</p><p>二</p>', '一\n\n二'],
  ])('%s', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it('replaces lone surrogates', () => {
    expect(htmlToText('a\ud83db')).toBe('a\ufffdb');
  });

  it('survives hostile nesting', () => {
    expect(htmlToText(`${'<div>'.repeat(50_000)}深处`)).toBe('深处');
  });

  it('never leaves an element behind', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.constantFrom('b', 'p', 'a', 'script', 'span'), (text, tag) => {
        expect(htmlToText(`<${tag}>${text.replaceAll(/[<>&]/gu, '')}</${tag}>`)).not.toMatch(
          /<\/?(?:b|p|a|script|span)>/u,
        );
      }),
    );
  });
});
