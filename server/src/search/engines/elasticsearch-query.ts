/**
 * In: a parsed query and filters. Out: the same as Elasticsearch's query. Nothing of it is a query string, so no input can be read as syntax.
 * Used by: elasticsearch.ts.
 *
 * Exclusions are pushed down to the words (De Morgan), so that nesting is as deep as the person's brackets and no deeper: the server refuses
 * queries nested more than 30 deep.
 */
import type { estypes } from '@elastic/elasticsearch';
import { firstIdAt } from '../../posts/post-id.ts';
import type { QueryNode } from '../query-language.ts';
import type { SearchFilters } from '../search-engine.ts';

export type Query = estypes.QueryDslQueryContainer;

const SEPARATORS = /[^\p{L}\p{M}\p{N}\p{Co}_ ]+/gu;

/** One spelling for text and query: words and single spaces between them, as the embedded engine splits what it is given. */
export function folded(tokens: string): string {
  return tokens.toLowerCase().replace(SEPARATORS, ' ');
}

export function queryOf(
  query: QueryNode | null,
  filters: SearchFilters,
  above: number | null,
  before: number | null,
): Query {
  const { min, end } = idWindow(filters, above, before);
  const filter: Query[] = [
    ...(query === null ? [] : [wordsOf(query, false)]),
    ...anyOf('platform', filters.platforms),
    ...anyOf('kind', filters.kinds),
    ...anyOf('source', filters.sourceIds?.map(String)),
    ...anyOf('account', filters.accountIds?.map(String)),
    ...anyOf('sentiment', filters.sentiments?.map(String)),
    ...(filters.official === undefined ? [] : [{ term: { official: filters.official } }]),
    ...(filters.topicId === undefined ? [] : [{ term: { topic: String(filters.topicId) } }]),
    ...(min === null && end === null
      ? []
      : [{ range: { id: { ...(min === null ? {} : { gte: min }), ...(end === null ? {} : { lt: end }) } } }]),
  ];
  return filter.length === 0 ? { match_all: {} } : { bool: { filter } };
}

function wordsOf(node: QueryNode, negated: boolean): Query {
  switch (node.type) {
    case 'not':
      return wordsOf(node.node, !negated);
    case 'words': {
      const words = phrase(node.tokens);
      return negated ? { bool: { must_not: [words] } } : words;
    }
    case 'and':
    case 'or': {
      const all = (node.type === 'and') !== negated;
      if (!all) return { bool: { should: node.nodes.map((n) => wordsOf(n, negated)), minimum_should_match: 1 } };
      const wanted: Query[] = [];
      const unwanted: Query[] = [];
      for (const child of node.nodes) {
        const excluded = child.type === 'not' ? !negated : negated;
        const inner = child.type === 'not' ? child.node : child;
        if (excluded && inner.type === 'words') unwanted.push(phrase(inner.tokens));
        else wanted.push(wordsOf(child, negated));
      }
      return {
        bool: {
          ...(wanted.length > 0 ? { filter: wanted } : {}),
          ...(unwanted.length > 0 ? { must_not: unwanted } : {}),
        },
      };
    }
  }
}

function phrase(tokens: readonly string[]): Query {
  const query = folded(tokens.join(' ')).trim();
  return query.includes(' ') ? { match_phrase: { words: { query } } } : { term: { words: query } };
}

function anyOf(field: string, values: readonly string[] | undefined): Query[] {
  return values === undefined || values.length === 0 ? [] : [{ terms: { [field]: [...values] } }];
}

/** Ids are ordered by time, so a window of time, and "before this post", are one range of ids. */
function idWindow(filters: SearchFilters, above: number | null, before: number | null) {
  const least = (values: (number | null)[], pick: (...v: number[]) => number) => {
    const given = values.filter((v) => v !== null);
    return given.length === 0 ? null : pick(...given);
  };
  return {
    min: least(
      [filters.from === undefined ? null : firstIdAt(filters.from), above === null ? null : above + 1],
      Math.max,
    ),
    end: least([filters.to === undefined ? null : firstIdAt(filters.to), before], Math.min),
  };
}
