/**
 * In: facets as the search answers them. Out: the same in the words of the pages, with days that had nothing. Called by: SearchPage.
 */
import type { RouteAnswer, routes } from '@minsheng/contracts';
import { kindName, platformName, SENTIMENT } from '../../ui/labels.ts';

type Facets = NonNullable<RouteAnswer<typeof routes.search.posts>['facets']>;
const DAY_MS = 86_400_000;
/** Beyond this many days empty ones are left out, because a bar would be thinner than a pixel. */
const MOST_DAYS = 92;

const sentimentName = (value: string): string =>
  value in SENTIMENT ? SENTIMENT[value as keyof typeof SENTIMENT] : value;

/** Days without a hit are missing from the answer; without them two bars far apart would stand side by side. */
export function everyDay(days: Facets['days']): Facets['days'] {
  const sorted = days.toSorted((a, b) => a.day.localeCompare(b.day));
  const first = sorted[0];
  const last = sorted.at(-1);
  if (!first || !last) return [];
  const start = Date.parse(first.day);
  const size = Math.round((Date.parse(last.day) - start) / DAY_MS) + 1;
  if (size > MOST_DAYS) return sorted;
  const known = new Map(sorted.map((d) => [d.day, d.count]));
  return Array.from({ length: size }, (_, i) => {
    const day = new Date(start + i * DAY_MS).toISOString().slice(0, 10);
    return { day, count: known.get(day) ?? 0 };
  });
}

/** Sentiments, channels and kinds are called here what they are called on every other page. */
export function shownFacets(facets: Facets): Facets {
  const named = (buckets: Facets['kind'], name: (value: string) => string) =>
    buckets.map((b) => ({ ...b, label: name(b.value) }));
  return {
    ...facets,
    sentiment: named(facets.sentiment, sentimentName),
    platform: named(facets.platform, platformName),
    kind: named(facets.kind, kindName),
    days: everyDay(facets.days),
  };
}
