# What the daemon's token may do in Vault, and nothing else. Write it with
#   vault policy write firebreak-bot bot.hcl
# after putting your mount for eth and your key for responder-1. Give exact,
# lower-case paths only: no globs, no "default" policy beside it
# (token_no_default_policy=true).

# Ask for one transaction, and ask what would be answered.
path "eth/sign/responder-1"  { capabilities = ["update"] }
path "eth/check/responder-1" { capabilities = ["update"] }

# Read what the key says about itself, its policy and its guardians. None of it
# is secret; with the policy, `firebreak doctor` can say what it allows and nobody
# needs, and with both the daemon can write what guardians sign to vote.
path "eth/keys/responder-1"           { capabilities = ["read"] }
path "eth/keys/responder-1/policy"    { capabilities = ["read"] }
path "eth/keys/responder-1/guardians" { capabilities = ["read"] }

# Hand in a guardian's signed order to stop the key.
path "eth/keys/responder-1/halt" { capabilities = ["update"] }

# Stop the key. Whoever steals the token can do that too; releasing the key
# again needs its guardians. Leave it out if that is worse for you than waiting
# for a person.
path "eth/keys/responder-1/freeze" { capabilities = ["update"] }

# Keep itself alive.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] } # so that doctor can say what it may do
