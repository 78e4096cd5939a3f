/**
 * In: the moment the demo starts. Out: the seven stories of the city, in the order they began.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { busFare } from './bus-fare.ts';
import { canteen } from './canteen.ts';
import { damLeak } from './dam-leak.ts';
import { mixingPlant } from './mixing-plant.ts';
import { rainstorm } from './rainstorm.ts';
import { schoolPlaces } from './school-places.ts';
import { waterOutage } from './water-outage.ts';

export function stories(t: Timeline): Story[] {
  return [mixingPlant(t), busFare(t), schoolPlaces(t), damLeak(t), waterOutage(t), rainstorm(t), canteen(t)];
}
