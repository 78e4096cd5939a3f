import { searchEngineFor } from '../search-choice.ts';
import { documentsOf, searchEngineContract } from '../search-engine.contract.ts';

searchEngineContract("the database's own engine", (db) => Promise.resolve(searchEngineFor(db, documentsOf(db))));
