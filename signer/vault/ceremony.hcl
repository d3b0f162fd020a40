# What the people who run the key's ceremonies may do. It gives them no power
# over the key: what they hand in holds only with the guardians' signatures.
# Do not give it to the daemon.

# Create keys. A name that exists is refused.
path "eth/keys/+" { capabilities = ["create", "update", "read"] }
path "eth/keys"   { capabilities = ["list"] }

# Hand in what guardians have signed, and read what is in force.
path "eth/keys/+/policy"          { capabilities = ["read", "update"] }
path "eth/keys/+/guardians"       { capabilities = ["read", "update"] }
path "eth/keys/+/policy/activate" { capabilities = ["update"] }
path "eth/keys/+/policy/cancel"   { capabilities = ["update"] }
path "eth/keys/+/freeze"          { capabilities = ["update"] }
path "eth/keys/+/halt"            { capabilities = ["update"] }
path "eth/keys/+/unfreeze"        { capabilities = ["update"] }
path "eth/keys/+/retire"          { capabilities = ["update"] }
path "eth/keys/+/nonce"           { capabilities = ["update"] }

# Read receipts and which plugin this is.
path "eth/receipts/+/+" { capabilities = ["read"] }
path "eth/info"         { capabilities = ["read"] }
