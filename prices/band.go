package prices

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

var bounds = usage.PromptBounds

// Bounds are the first prompt sizes of the bands above the lowest, rising.
func Bounds() []int64 { return slices.Clone(bounds) }

// Band is usage.PromptBand.
func Band(prompt int64) int64 { return usage.PromptBand(prompt) }
