/**
 * In: a parsed query and filters. Out: an FTS5 expression. Every word is quoted, so no input can be read as syntax. Used by: sqlite-fts.ts.
 */
import type { QueryNode } from '../query-language.ts';
import type { SearchFilters } from '../search-engine.ts';
import { EVERY, wantedCombined } from './marks.ts';

function quote(text: string): string {
  return `"${text.replaceAll('"', '""').replaceAll('\0', ' ')}"`;
}

const ALL = `({marks} : ${quote(EVERY)})`;

function words(node: QueryNode): string {
  switch (node.type) {
    case 'words':
      return `({words} : ${quote(node.tokens.join(' '))})`;
    case 'or':
      return `(${node.nodes.map(words).join(' OR ')})`;
    case 'not':
      return `(${ALL} NOT ${words(node.node)})`;
    case 'and': {
      const wanted = node.nodes.filter((n) => n.type !== 'not').map(words);
      const unwanted = node.nodes.flatMap((n) => (n.type === 'not' ? [words(n.node)] : []));
      const base = wanted.length === 0 ? ALL : `(${wanted.join(' AND ')})`;
      return unwanted.length === 0 ? base : `(${base} NOT (${unwanted.join(' OR ')}))`;
    }
  }
}

function anyOf(tokens: readonly string[]): string {
  return `({marks} : (${tokens.map(quote).join(' OR ')}))`;
}

/** Null when nothing but time and topic restricts the hits. */
export function expressionOf(query: QueryNode | null, filters: SearchFilters): string | null {
  const parts = [...(query === null ? [] : [words(query)]), ...wantedCombined(filters).map(anyOf)];
  return parts.length === 0 ? null : parts.join(' AND ');
}
