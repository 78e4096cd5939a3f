/**
 * In: the text of a stored post. Out: what in it asks to be checked, in the officer's words. Used by: search.service.ts, when one post is opened.
 */
import { Injectable } from '@nestjs/common';
import { Enricher } from '../enrich/enricher.ts';

export abstract class ClaimReasons {
  /** None when the score is too low to need any. */
  abstract of(text: string, claimScore: number): string[];
}

/** Read again each time: cues are cheap, and reasons that are not stored cannot grow old. */
@Injectable()
export class EnricherReasons extends ClaimReasons {
  constructor(private readonly enricher: Enricher) {
    super();
  }

  of(text: string, claimScore: number): string[] {
    return this.enricher.claimReasons(text, claimScore);
  }
}
