/**
 * In: nothing. Out: what the office decided about itself: name, retention, whether replies need approval. Used by: inbox, briefings.
 */
import type { OfficeSettings } from '@minsheng/contracts';

export abstract class Office {
  abstract office(): Promise<OfficeSettings>;
}
