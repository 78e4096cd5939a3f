/**
 * In: a window of time. Out: what was collected in it and what is missing. Used by: every list and chart that counts.
 */
import type { Coverage } from '@minsheng/contracts';

export abstract class CoveragePort {
  abstract coverage(from: number, to: number): Promise<Coverage>;
}
