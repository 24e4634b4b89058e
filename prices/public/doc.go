// Package public reads the price tables that others publish, in the formats of
// LiteLLM's model_prices_and_context_window.json and of models.dev's api.json, and
// turns them into lines of our own. What of a table our lines cannot say is left
// out whole, and counted: half a price is none.
package public
