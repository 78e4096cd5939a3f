/**
 * In: a piece of a query. Out: its words, cut as the texts in the index were cut. Bound to the enricher by whoever puts the product together.
 */
import { Injectable } from '@nestjs/common';

export abstract class QueryCutter {
  abstract cut(text: string): string[];
}

/** Words by the rules of Unicode; only right for an index that was cut by them too. */
@Injectable()
export class UnicodeCutter extends QueryCutter {
  private readonly segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

  cut(text: string): string[] {
    return Array.from(this.segmenter.segment(text)).flatMap((s) => (s.isWordLike === true ? [s.segment] : []));
  }
}
