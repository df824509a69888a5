# shellcheck shell=bash
# Access tokens of the development realm.

# access_token ROLE: prints it, from the Keycloak of the current set.
access_token() {
  local person='' grant answer token
  case $1 in
    service) grant=(-d grant_type=client_credentials -d client_id=discord-bot -d client_secret=discord-bot-dev) ;;
    user) person=uwe ;;
    devops) person=dev ;;
    admin) person=ada ;;
    *) die "a token for whom? one of: service user devops admin" ;;
  esac
  [ -z "$person" ] || grant=(-d grant_type=password -d client_id=dashboard -d "username=$person" -d "password=$person")
  addresses
  have curl || die "curl is missing; get it by: sudo apt-get install curl"
  answer=$(curl -sS --max-time 10 "${grant[@]}" "$KEYCLOAK_ADDRESS/realms/quintet/protocol/openid-connect/token" 2>&1) ||
    die "Keycloak does not answer at $KEYCLOAK_ADDRESS; start it by: ./quintet up --detach"
  token=$(printf '%s' "$answer" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
  [ -n "$token" ] || die "Keycloak at $KEYCLOAK_ADDRESS gave no token: $(printf '%s' "$answer" | head -c 200)"
  printf '%s\n' "$token"
}
