package incident

// Hold says whether what an incident brought about still is so.
type Hold int

// What a look at the chain can say. The zero value says nothing.
const (
	HoldUnknown Hold = iota // nobody could be asked, or endpoints do not agree
	HoldGone                // at least one answered, and none says that it holds
	HoldSure                // as many agree as must
)
