/**
 * In: a piece of a query. Out: its words, cut exactly as the texts in the index were cut. Used by: search.service.ts.
 */
import { Injectable } from '@nestjs/common';
import { Enricher } from '../enrich/enricher.ts';

export abstract class QueryCutter {
  abstract cut(text: string): string[];
}

@Injectable()
export class EnricherCutter extends QueryCutter {
  constructor(private readonly enricher: Enricher) {
    super();
  }

  cut(text: string): string[] {
    return this.enricher.queryTokens(text);
  }
}
