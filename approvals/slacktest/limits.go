package slacktest

import "time"

// Slack's published limits. Text is counted in code points.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxAttachments   = 100

	maxPostText   = 40000
	maxUpdateText = 4000

	maxHeaderText  = 150
	maxText        = 3000
	maxFields      = 10
	maxFieldText   = 2000
	maxMarkdown    = 12000
	maxBlockID     = 255
	maxActionID    = 255
	maxURL         = 3000
	maxImageAlt    = 2000
	maxTableRows   = 100
	maxTableCells  = 20
	maxLabelText   = 2000
	maxPlaceholder = 150

	maxActionElements  = 25
	maxContextElements = 10
	maxContextActions  = 5

	maxButtonText  = 75
	maxButtonValue = 2000
	maxButtonLabel = 75

	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxConfirmButton = 30

	maxOptions      = 100
	maxShortOptions = 10 // radio buttons and checkboxes
	maxOverflow     = 5
	maxOptionText   = 75
	// Slack's types say 3000 for option values and its older pages 150; the
	// smaller one is safe under both.
	maxOptionValue = 150
	maxGroups      = 100
	maxInputText   = 3000

	maxViewTitle       = 24
	maxPrivateMetadata = 3000
	maxCallbackID      = 255
	maxExternalID      = 255
	maxViewJSON        = 250 << 10
	maxViewStack       = 3

	maxSockets      = 10
	maxSocketAnswer = 20 << 10 // Slack drops a larger answer in silence
	maxSocketRead   = 1 << 20
	ticketLife      = 30 * time.Second // unconfirmed; Slack says only that it is short
	pingEvery       = 10 * time.Second
	maxSilence      = 30 * time.Second // without a pong
	connectionLife  = 18060 * time.Second
	debugLife       = 360 * time.Second
	warningAhead    = 10 * time.Second

	ackLimit     = 3 * time.Second
	triggerLife  = 3 * time.Second
	responseLife = 30 * time.Minute
	responseUses = 5
)
