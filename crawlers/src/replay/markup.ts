/**
 * In: text of the store. Out: the same as HTML and XML carry it. Called by: the protocol faces.
 */
import type { HeldPost } from './store.ts';

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** A CDATA section ends at `]]>`, so one inside the text is split in two. */
export function cdata(content: string): string {
  return `<![CDATA[${content.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

export function paragraphs(text: string): string {
  return text
    .split(/\n+/)
    .map((p) => `<p>${escapeHtml(p)}</p>`)
    .join('');
}

export function titleOf(post: HeldPost): string {
  return post.title ?? post.text.replace(/\s+/g, ' ').slice(0, 40);
}
